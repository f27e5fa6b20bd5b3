package dev.ash.bridge;

import dev.ash.protocol.id.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * SHA-256 of files, remembered as long as a file's stamp stays the same. Files that are too large,
 * and all once a listing has read enough, get none: the node then compares by reading.
 */
final class Digests {
  private static final int REMEMBERED = 16_384;
  private static final long LARGEST = 512L << 20;
  private static final long READ_AT_MOST = 2L << 30;

  /** Within the clock tick of its last change a file may change again and keep its stamp. */
  private static final long SETTLED_NS = Duration.ofMillis(100).toNanos();

  private final InstantSource clock;
  private final Map<Stamp, String> known =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Stamp, String> eldest) {
          return size() > REMEMBERED;
        }
      };
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 << 10);
  private long read;

  /** What changes when a file does; the change time cannot be set back. */
  record Stamp(long inode, long size, long modifiedNs, long changedNs) {}

  Digests(InstantSource clock) {
    this.clock = clock;
  }

  /** A new listing begins. */
  synchronized void begin() {
    read = 0;
  }

  synchronized Optional<String> of(Path file, Stamp stamp) {
    var remembered = known.get(stamp);
    if (remembered != null) {
      return Optional.of(remembered);
    }
    if (stamp.size() > LARGEST || read > READ_AT_MOST) {
      return Optional.empty();
    }
    var now = clock.instant();
    var digest = compute(file, stamp.size());
    long nowNs = now.getEpochSecond() * 1_000_000_000L + now.getNano();
    if (digest.isPresent() && stamp.changedNs() < nowNs - SETTLED_NS) {
      known.put(stamp, digest.get());
    }
    return digest;
  }

  private Optional<String> compute(Path file, long size) {
    var sha = Digest.sha256();
    long at = 0;
    try (var channel =
        FileChannel.open(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
      while (channel.read(buffer.clear()) >= 0) {
        at += buffer.flip().remaining();
        if (at > size) {
          return Optional.empty();
        }
        sha.update(buffer);
      }
    } catch (IOException e) {
      return Optional.empty();
    } finally {
      read += at;
    }
    return at == size ? Optional.of(Digest.of(sha).hex()) : Optional.empty();
  }
}
