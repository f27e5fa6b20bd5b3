package dev.ash.gateway.audit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last line's place in the chain, in a small file beside the log: the log may be moved away
 * while no gateway runs. Its lock also keeps a second gateway from the same log.
 */
final class LastLine implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LastLine.class);
  private static final Pattern FORM = Pattern.compile("(\\d{19}):([0-9a-f]{64})\n");
  private static final int LENGTH = 19 + 1 + 64 + 1;

  private final Path file;
  private final FileChannel channel;
  private boolean told;

  private LastLine(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  static LastLine of(Path log) throws IOException {
    var file = log.resolveSibling(log.getFileName() + ".chain");
    FileSink.create(file);
    var channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() == null) {
        throw taken(log);
      }
      var last = new LastLine(file, channel);
      if (channel.size() == 0) {
        // Its place on the disk is taken now: later it is only written over.
        last.put(Link.BEGINNING);
      }
      return last;
    } catch (OverlappingFileLockException _) {
      channel.close();
      throw taken(log);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private static IOException taken(Path log) {
    return new IOException(
        "audit.file: " + log + " is being written by another gateway (expected: one for each)");
  }

  /** Empty when no line was written yet. */
  Optional<Link> read() throws IOException {
    var bytes = ByteBuffer.allocate(LENGTH + 1);
    while (bytes.hasRemaining() && channel.read(bytes, bytes.position()) > 0) {
      // A read may give less than there is.
    }
    var match = FORM.matcher(new String(bytes.array(), 0, bytes.position(), US_ASCII));
    if (!match.matches()) {
      throw new IOException(
          file
              + ": cannot be read (expected: a line's number and hash; without the file the chain"
              + " goes on from the log, or begins anew where that is empty)");
    }
    var link = new Link(Long.parseLong(match.group(1)), match.group(2));
    return link.sequence() == 0 ? Optional.empty() : Optional.of(link);
  }

  /** The line itself is written, so a failure here is told once and stops nothing. */
  void write(Link link) {
    try {
      put(link);
    } catch (IOException e) {
      if (!told) {
        LOG.error("{}: {}", file, String.valueOf(e.getMessage()));
        told = true;
      }
    }
  }

  private void put(Link link) throws IOException {
    var bytes =
        ByteBuffer.wrap("%019d:%s\n".formatted(link.sequence(), link.hash()).getBytes(US_ASCII));
    while (bytes.hasRemaining()) {
      channel.write(bytes, bytes.position());
    }
  }

  /** An interrupted thread closes what it writes to. */
  boolean isOpen() {
    return channel.isOpen();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
