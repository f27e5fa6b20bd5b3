package dev.ash.node.session;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.FileIO;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * Files of this node that live as long as one request: bundles on their way. So few are made at a
 * time that they cannot fill the disk. Threads may share it.
 */
final class BundleFolder {
  private static final int AT_ONCE = 4;

  /** A file that nobody came to read, because its client left, is older than any that is read. */
  private static final Duration LONGEST_LIFE = Duration.ofHours(1);

  private final Path folder;
  private final InstantSource clock;
  private final Supplier<UUID> ids;
  private final Semaphore places = new Semaphore(AT_ONCE);

  BundleFolder(Path folder, InstantSource clock, Supplier<UUID> ids) {
    this.folder = folder;
    this.clock = clock;
    this.ids = ids;
  }

  /** The right to make one bundle; empty when too many are being made. */
  Optional<Permit> take() {
    return places.tryAcquire() ? Optional.of(new Permit(ids.get().toString())) : Optional.empty();
  }

  /** A file's bytes; it is gone when they were read, or the reader left. */
  Source<ByteString, NotUsed> once(Path file) {
    return FileIO.fromPath(file)
        .mapMaterializedValue(
            done -> {
              done.whenComplete((_, _) -> delete(file));
              return NotUsed.getInstance();
            });
  }

  private void sweep() throws IOException {
    var oldest = clock.instant().minus(LONGEST_LIFE);
    try (var files = Files.newDirectoryStream(folder)) {
      for (var file : files) {
        if (Files.getLastModifiedTime(file).toInstant().isBefore(oldest)) {
          delete(file);
        }
      }
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One bundle in the making. */
  final class Permit implements AutoCloseable {
    private final String name;

    private Permit(String name) {
      this.name = name;
    }

    String name() {
      return name;
    }

    /** An empty file that only this node's user can read. */
    Path newFile() throws IOException {
      Files.createDirectories(folder);
      sweep();
      return Files.createFile(
          folder.resolve(name),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    /** Also deletes the file. */
    void close(Path file) {
      close();
      delete(file);
    }

    @Override
    public void close() {
      places.release();
    }
  }
}
