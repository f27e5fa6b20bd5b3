package dev.ash.persistence.blob;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.ash.protocol.id.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Blobs as files {@code ab/cd/abcd...} below a folder, readable by their owner only. A blob appears
 * whole or not at all: it is written aside, forced to disk, and renamed.
 */
public final class FolderBlobStore implements BlobStore {
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_FOLDER =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final Pattern BLOB = Pattern.compile("[0-9a-f]{64}");
  private static final int BUFFER = 64 * 1024;

  /** Root, two levels of folders, files. */
  private static final int DEPTH = 3;

  /** Nobody writes one blob for longer, so what is older is left over from a crash. */
  private static final Duration ABANDONED = Duration.ofDays(1);

  private final Path root;
  private final Path aside;
  private final Supplier<UUID> names;
  private final Set<Path> durableFolders = ConcurrentHashMap.newKeySet();

  private FolderBlobStore(Path root, Supplier<UUID> names) {
    this.root = root;
    this.aside = root.resolve("aside");
    this.names = names;
  }

  /** Makes the folder if need be, and removes what writers left behind that died long ago. */
  public static FolderBlobStore open(Path root, InstantSource clock, Supplier<UUID> names)
      throws IOException {
    var store = new FolderBlobStore(root.toAbsolutePath().normalize(), names);
    Files.createDirectories(store.aside, OWNER_FOLDER);
    store.removeAbandoned(clock.instant().minus(ABANDONED));
    return store;
  }

  @Override
  public boolean has(Digest digest) {
    return Files.isRegularFile(file(digest), NOFOLLOW_LINKS);
  }

  @Override
  public Digest put(InputStream content) throws IOException {
    var temporary = aside.resolve(names.get().toString());
    try {
      var digest = writeAside(content, temporary);
      var folder = folder(digest);
      var file = file(digest);
      makeFolders(digest);
      // One of another length is broken, and replacing it mends it.
      if (!has(digest) || Files.size(file) != Files.size(temporary)) {
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      }
      // Also for one that is there: who put it may not have come this far yet.
      force(folder);
      return digest;
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  @Override
  public InputStream open(Digest digest) throws IOException {
    return new VerifyingStream(Files.newInputStream(file(digest), READ, NOFOLLOW_LINKS), digest);
  }

  @Override
  public long size(Digest digest) throws IOException {
    return Files.size(file(digest));
  }

  @Override
  public void forEach(Consumer<Digest> consumer) throws IOException {
    try (var files = Files.walk(root, DEPTH)) {
      files
          .map(path -> path.getFileName().toString())
          .filter(name -> BLOB.matcher(name).matches())
          .forEach(name -> consumer.accept(new Digest(name)));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public boolean delete(Digest digest) throws IOException {
    return Files.deleteIfExists(file(digest));
  }

  private Path folder(Digest digest) {
    return outerFolder(digest).resolve(digest.hex().substring(2, 4));
  }

  private Path outerFolder(Digest digest) {
    return root.resolve(digest.hex().substring(0, 2));
  }

  private Path file(Digest digest) {
    return folder(digest).resolve(digest.hex());
  }

  private static Digest writeAside(InputStream content, Path temporary) throws IOException {
    var hash = Digest.sha256();
    try (var channel =
        FileChannel.open(temporary, Set.of(CREATE_NEW, WRITE, NOFOLLOW_LINKS), OWNER_FILE)) {
      var buffer = new byte[BUFFER];
      for (var count = content.read(buffer); count >= 0; count = content.read(buffer)) {
        hash.update(buffer, 0, count);
        for (var bytes = ByteBuffer.wrap(buffer, 0, count); bytes.hasRemaining(); ) {
          channel.write(bytes);
        }
      }
      channel.force(true);
    }
    return Digest.of(hash);
  }

  /** A new folder is durable only once its parents are. */
  private void makeFolders(Digest digest) throws IOException {
    var folder = folder(digest);
    if (!durableFolders.contains(folder)) {
      Files.createDirectories(folder, OWNER_FOLDER);
      force(outerFolder(digest));
      force(root);
      durableFolders.add(folder);
    }
  }

  private static void force(Path folder) throws IOException {
    try (var channel = FileChannel.open(folder, READ)) {
      channel.force(true);
    }
  }

  private void removeAbandoned(Instant before) throws IOException {
    try (var files = Files.list(aside)) {
      for (var file : (Iterable<Path>) files::iterator) {
        if (isOlder(file, before)) {
          Files.deleteIfExists(file);
        }
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static boolean isOlder(Path file, Instant before) throws IOException {
    try {
      return Files.getLastModifiedTime(file, NOFOLLOW_LINKS).toInstant().isBefore(before);
    } catch (NoSuchFileException _) {
      return false;
    }
  }
}
