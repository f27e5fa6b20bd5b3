package dev.ash.node.workspace;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.ash.node.bridge.Bridge.Kind;
import dev.ash.node.workspace.Workspaces.Entry;
import dev.ash.persistence.blob.BlobStore;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;

/**
 * Writes a tree into an empty folder that no foreign process can touch yet. Links come last and
 * name nothing that is written afterwards, so nothing is ever written through one. Modes come when
 * the content is there, so that a read-only folder can be filled.
 */
final class Restore {
  private static final int OWNER_ALL = 0700;
  private static final int FOLDER_MODE = 0755;
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FOLDER =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private final BlobStore blobs;
  private final Path folder;

  Restore(BlobStore blobs, Path folder) {
    this.blobs = blobs;
    this.folder = folder;
  }

  void write(Manifest manifest) throws IOException {
    requireEmpty();
    for (var entry : manifest.entries()) {
      makeParents(entry.path());
      if (entry.kind() == Kind.DIRECTORY) {
        Files.createDirectory(at(entry.path()), PRIVATE_FOLDER);
      } else if (entry.kind() == Kind.FILE) {
        writeFile(entry);
      }
    }
    for (var entry : manifest.entries()) {
      if (entry.kind() == Kind.LINK) {
        Files.createSymbolicLink(at(entry.path()), linkTarget(entry));
        setModified(entry);
      }
    }
    finishFolders(manifest.entries());
  }

  private void requireEmpty() throws IOException {
    if (!Files.isDirectory(folder, NOFOLLOW_LINKS)) {
      throw new NotDirectoryException(folder.toString());
    }
    try (var content = Files.newDirectoryStream(folder)) {
      if (content.iterator().hasNext()) {
        throw new IOException("folder to restore into: " + folder + " (expected: an empty one)");
      }
    }
  }

  /** A folder that is no entry of its own gets an ordinary mode. */
  private void makeParents(String path) throws IOException {
    for (var parent : PathRules.parents(path)) {
      var made = at(parent);
      if (!Files.isDirectory(made, NOFOLLOW_LINKS)) {
        Files.createDirectory(made, PRIVATE_FOLDER);
        setMode(made, FOLDER_MODE);
      }
    }
  }

  private void writeFile(Entry entry) throws IOException {
    var path = at(entry.path());
    try (var content = blobs.open(entry.blob().orElseThrow());
        var channel =
            Files.newByteChannel(path, Set.of(CREATE_NEW, WRITE, NOFOLLOW_LINKS), PRIVATE_FILE);
        var out = Channels.newOutputStream(channel)) {
      content.transferTo(out);
    }
    setModified(entry);
    setMode(path, entry.mode());
  }

  /** Innermost first: whatever is made in a folder moves the folder's time. */
  private void finishFolders(List<Entry> entries) throws IOException {
    for (var entry : entries.reversed()) {
      if (entry.kind() == Kind.DIRECTORY) {
        setModified(entry);
        // Without these bits nobody but root could ever remove the folder again.
        setMode(at(entry.path()), entry.mode() | OWNER_ALL);
      }
    }
  }

  private void setModified(Entry entry) throws IOException {
    Files.getFileAttributeView(at(entry.path()), BasicFileAttributeView.class, NOFOLLOW_LINKS)
        .setTimes(FileTime.from(entry.modified()), null, null);
  }

  private static void setMode(Path path, int mode) throws IOException {
    Files.getFileAttributeView(path, PosixFileAttributeView.class, NOFOLLOW_LINKS)
        .setPermissions(FileMode.permissions(mode));
  }

  private Path at(String path) throws IOException {
    try {
      return folder.resolve(path);
    } catch (InvalidPathException e) {
      throw new IOException(
          "file name: " + path + " (expected: a host with a UTF-8 locale to write it)", e);
    }
  }

  private Path linkTarget(Entry entry) throws IOException {
    try {
      return folder.getFileSystem().getPath(entry.target().orElseThrow());
    } catch (InvalidPathException e) {
      throw new IOException(
          "link target of " + entry.path() + " (expected: a host with a UTF-8 locale)", e);
    }
  }
}
