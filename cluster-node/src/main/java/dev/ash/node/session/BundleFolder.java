package dev.ash.node.session;

import dev.ash.persistence.blob.SpoolFolder;
import dev.ash.protocol.id.TenantId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.FileIO;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * Files of this node that live as long as one request: bundles on their way. A place is held until
 * the file is gone, and there are so few, a part of them for each tenant, that the files cannot
 * fill the disk and nobody can take all places. Threads may share it.
 */
final class BundleFolder {
  private static final int AT_ONCE = 8;
  private static final int OF_ONE_TENANT = 3;

  /** Whoever has asked for a bundle begins to read it at once, or has left. */
  private static final Duration UNREAD = Duration.ofMinutes(1);

  private final Path folder;
  private final Supplier<UUID> ids;
  private final Executor blocking;
  private final Map<TenantId, Integer> taken = new HashMap<>();
  private boolean cleared;

  BundleFolder(Path folder, Supplier<UUID> ids, Executor blocking) {
    this.folder = folder;
    this.ids = ids;
    this.blocking = blocking;
  }

  /** A place for one file; empty when there is none, or the tenant has its part. */
  synchronized Optional<Place> take(TenantId tenant) {
    var all = taken.values().stream().mapToInt(Integer::intValue).sum();
    if (all >= AT_ONCE || taken.getOrDefault(tenant, 0) >= OF_ONE_TENANT) {
      return Optional.empty();
    }
    taken.merge(tenant, 1, Integer::sum);
    return Optional.of(new Place(tenant, ids.get().toString()));
  }

  private synchronized void giveBack(TenantId tenant) {
    taken.computeIfPresent(tenant, (_, count) -> count > 1 ? count - 1 : null);
  }

  /** What a node that was killed has left is of no use to anybody. */
  private synchronized void prepare() throws IOException {
    if (!cleared) {
      SpoolFolder.open(folder);
      cleared = true;
    }
  }

  /** One file, whether it is there yet or not. */
  final class Place implements AutoCloseable {
    private final TenantId tenant;
    private final String name;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Place(TenantId tenant, String name) {
      this.tenant = tenant;
      this.name = name;
    }

    String name() {
      return name;
    }

    Path path() {
      return folder.resolve(name);
    }

    /** Makes the file, which only this node's user can read. */
    Path create() throws IOException {
      prepare();
      return Files.createFile(
          path(),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    /** The file's bytes; the place is given back when they were read, or nobody came to. */
    Source<ByteString, NotUsed> handedOn() {
      var begun = new AtomicBoolean();
      CompletableFuture.delayedExecutor(UNREAD.toMillis(), TimeUnit.MILLISECONDS, blocking)
          .execute(
              () -> {
                if (begun.compareAndSet(false, true)) {
                  close();
                }
              });
      return Source.lazySource(
              () -> {
                if (!begun.compareAndSet(false, true)) {
                  throw new IllegalStateException("the bundle is gone: nobody came to read it");
                }
                return FileIO.fromPath(path())
                    .mapMaterializedValue(done -> done.whenComplete((_, _) -> close()));
              })
          .mapMaterializedValue(_ -> NotUsed.getInstance());
    }

    /** Deletes the file and gives the place back. Repeatable. */
    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        giveBack(tenant);
        try {
          Files.deleteIfExists(path());
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }
}
