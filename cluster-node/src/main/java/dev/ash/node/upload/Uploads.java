package dev.ash.node.upload;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.DELETE_ON_CLOSE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.ash.persistence.blob.SpoolFolder;
import dev.ash.protocol.id.TenantId;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's room for what clients are sending. Its files lose their names as soon as they are open,
 * so nobody finds them and a node that is killed leaves none.
 */
public final class Uploads {
  private static final Logger LOG = LoggerFactory.getLogger(Uploads.class);

  private final Path folder;
  private final long most;
  private final long reserve;
  private final Supplier<UUID> names;
  private final Executor blocking;
  private final Map<Optional<TenantId>, Long> taken = new HashMap<>();

  private Uploads(Path folder, long most, long reserve, Supplier<UUID> names, Executor blocking) {
    this.folder = folder;
    this.most = most;
    this.reserve = reserve;
    this.names = names;
    this.blocking = blocking;
  }

  /**
   * Opens the folder, which is emptied: a node killed between a file's birth and the loss of its
   * name has left it there.
   *
   * @param most bytes of all requests together; those of one tenant have half of it
   * @param reserve bytes of the disk that are left free for what is stored
   * @param blocking closes files
   */
  public static Uploads open(
      Path folder, long most, long reserve, Supplier<UUID> names, Executor blocking)
      throws IOException {
    SpoolFolder.open(folder);
    return new Uploads(folder, most, reserve, names, blocking);
  }

  /**
   * For the contents of one request; to be closed when that is over.
   *
   * @param tenant empty for those without a key, who share one part
   */
  public UploadFile begin(Optional<TenantId> tenant) {
    return new UploadFile(this, tenant);
  }

  /** How many bytes requests have or have asked for. */
  public synchronized long taken() {
    return taken.values().stream().mapToLong(Long::longValue).sum();
  }

  synchronized boolean take(Optional<TenantId> tenant, long bytes) {
    var mine = taken.getOrDefault(tenant, 0L) + bytes;
    if (mine > most / 2 || taken() + bytes > most) {
      return false;
    }
    taken.put(tenant, mine);
    return true;
  }

  private synchronized void giveBack(Optional<TenantId> tenant, long bytes) {
    taken.computeIfPresent(tenant, (_, had) -> had > bytes ? had - bytes : null);
  }

  /** Fails when the disk is so full that what is there may soon not be stored any more. */
  void requireSpace() throws IOException {
    var free = Files.getFileStore(folder).getUsableSpace();
    if (free < reserve) {
      throw new IOException(
          "the data folder's disk has %d MiB free (expected: at least %d MiB, see"
                  .formatted(free >> 20, reserve >> 20)
              + " ash.sandbox.disk-reserve)");
    }
  }

  FileChannel create() throws IOException {
    return FileChannel.open(
        folder.resolve(names.get().toString()),
        Set.of(CREATE_NEW, READ, WRITE, NOFOLLOW_LINKS, DELETE_ON_CLOSE),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }

  void end(Optional<TenantId> tenant, Optional<FileChannel> file, long bytes) {
    if (file.isEmpty()) {
      giveBack(tenant, bytes);
      return;
    }
    try {
      blocking.execute(() -> close(tenant, file.get(), bytes));
    } catch (RejectedExecutionException _) {
      // The node ends, and nobody is kept waiting any more.
      close(tenant, file.get(), bytes);
    }
  }

  private void close(Optional<TenantId> tenant, FileChannel file, long bytes) {
    try {
      file.close();
    } catch (IOException e) {
      LOG.warn("The file of an upload could not be closed", e);
    } finally {
      giveBack(tenant, bytes);
    }
  }
}
