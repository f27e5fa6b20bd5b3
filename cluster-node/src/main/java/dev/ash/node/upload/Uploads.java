package dev.ash.node.upload;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.DELETE_ON_CLOSE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's room for what clients are sending. Its files lose their names as soon as they are open,
 * so nobody finds them and a node that is killed leaves none.
 */
public final class Uploads {
  private static final Logger LOG = LoggerFactory.getLogger(Uploads.class);

  private static final String OWNER_ONLY = "rwx------";

  private final Path folder;
  private final long most;
  private final Supplier<UUID> names;
  private final Executor blocking;
  private final AtomicLong taken = new AtomicLong();

  private Uploads(Path folder, long most, Supplier<UUID> names, Executor blocking) {
    this.folder = folder;
    this.most = most;
    this.names = names;
    this.blocking = blocking;
  }

  /**
   * Makes the folder if need be and empties it: a node killed between a file's birth and the loss
   * of its name has left it there.
   *
   * @param most bytes of all requests together
   * @param blocking closes files
   */
  public static Uploads open(Path folder, long most, Supplier<UUID> names, Executor blocking)
      throws IOException {
    if (!Files.isDirectory(folder, NOFOLLOW_LINKS)) {
      Files.createDirectory(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(OWNER_ONLY)));
    }
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(OWNER_ONLY));
    try (var left = Files.newDirectoryStream(folder)) {
      for (var file : left) {
        Files.deleteIfExists(file);
      }
    }
    return new Uploads(folder, most, names, blocking);
  }

  /** For the contents of one request; to be closed when that is over. */
  public UploadFile begin() {
    return new UploadFile(this);
  }

  /** How many bytes requests have or have asked for. */
  public long taken() {
    return taken.get();
  }

  boolean take(long bytes) {
    if (taken.addAndGet(bytes) > most) {
      taken.addAndGet(-bytes);
      return false;
    }
    return true;
  }

  FileChannel create() throws IOException {
    return FileChannel.open(
        folder.resolve(names.get().toString()),
        Set.of(CREATE_NEW, READ, WRITE, NOFOLLOW_LINKS, DELETE_ON_CLOSE),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }

  void end(Optional<FileChannel> file, long bytes) {
    if (file.isEmpty()) {
      taken.addAndGet(-bytes);
      return;
    }
    blocking.execute(
        () -> {
          try (var _ = file.get()) {
            LOG.trace("An upload of {} bytes is over", bytes);
          } catch (IOException e) {
            LOG.warn("The file of an upload could not be closed", e);
          } finally {
            taken.addAndGet(-bytes);
          }
        });
  }
}
