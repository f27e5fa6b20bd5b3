package dev.ash.node.agents;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.READ;

import dev.ash.node.bridge.Bridge.Kind;
import dev.ash.node.workspace.FileMode;
import dev.ash.node.workspace.PathRules;
import dev.ash.node.workspace.Workspaces;
import dev.ash.node.workspace.Workspaces.Entry;
import dev.ash.protocol.id.Digest;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A folder on this server while it is copied into the store. It is walked by open directory
 * handles, one name at a time and never through a link, so whoever changes it meanwhile can change
 * what is copied but not where it is copied from.
 */
final class ServerFolder {
  /** One open handle a level. */
  private static final int MAX_DEPTH = 100;

  private final Workspaces workspaces;
  private final Path root;
  private final List<Entry> entries = new ArrayList<>();
  private long bytes;

  private ServerFolder(Workspaces workspaces, Path root) {
    this.workspaces = workspaces;
    this.root = root;
  }

  /**
   * Copies a folder.
   *
   * @param folder absolute; it and what is above it may be links
   * @param dataDir of this node, whose own files are nobody's agent
   * @return the manifest's digest
   */
  static Digest copy(Workspaces workspaces, Path folder, Path dataDir)
      throws IOException, RefusedException {
    var root = realPath(folder);
    refuseOwnFiles(root, dataDir.toRealPath());
    var copy = new ServerFolder(workspaces, root);
    try (var stream = Files.newDirectoryStream(root)) {
      copy.requireSame(secure(stream));
      copy.requireInstructions(secure(stream));
      copy.walk(secure(stream), "", 1);
    } catch (AccessDeniedException _) {
      throw copy.entries.isEmpty()
          ? noAgent()
          : RefusedException.invalid("Agent directory cannot be read");
    } catch (NoSuchFileException | NotDirectoryException _) {
      throw noAgent();
    }
    new AgentFolder(copy.entries).requireInstructions();
    return workspaces.change(workspaces.store(List.of()), _ -> copy.entries);
  }

  private static Path realPath(Path folder) throws IOException, RefusedException {
    try {
      return folder.toRealPath();
    } catch (IOException | SecurityException _) {
      throw noAgent();
    }
  }

  private static RefusedException noAgent() {
    return RefusedException.invalid(AgentFolder.NO_INSTRUCTIONS);
  }

  private static void refuseOwnFiles(Path root, Path dataDir) throws RefusedException {
    var agents = dataDir.resolve("agents");
    var isAgent = root.startsWith(agents) && !root.equals(agents);
    if (!isAgent && (root.startsWith(dataDir) || dataDir.startsWith(root))) {
      throw RefusedException.invalid(
          "Agent directory must not hold the server's own data (expected: a folder in "
              + "agents/ of the data directory, or one outside of it)");
    }
  }

  /** Makes sure that what was opened is what was looked at before. */
  private void requireSame(SecureDirectoryStream<Path> stream)
      throws IOException, RefusedException {
    var opened = stream.getFileAttributeView(BasicFileAttributeView.class).readAttributes();
    var named = Files.readAttributes(root, BasicFileAttributes.class, NOFOLLOW_LINKS);
    if (!root.toRealPath().equals(root) || !isSame(opened, named)) {
      throw noAgent();
    }
  }

  private static boolean isSame(BasicFileAttributes a, BasicFileAttributes b) {
    return a.fileKey() != null && a.fileKey().equals(b.fileKey());
  }

  /** Before anything is read: a folder that is no agent tells nothing more about itself. */
  private void requireInstructions(SecureDirectoryStream<Path> stream) throws RefusedException {
    try {
      attributes(stream, Path.of(AgentFolder.INSTRUCTIONS));
    } catch (IOException _) {
      throw noAgent();
    }
  }

  private void walk(SecureDirectoryStream<Path> directory, String prefix, int depth)
      throws IOException, RefusedException {
    for (var name : names(directory, prefix)) {
      var path = prefix + name;
      try {
        copy(directory, name, path, depth);
      } catch (NoSuchFileException | MovedException _) {
        continue; // Somebody removed or replaced it since the folder was listed.
      }
      AgentFolder.requireWithinBounds(entries.size(), bytes);
    }
  }

  private static List<Path> names(SecureDirectoryStream<Path> directory, String prefix)
      throws IOException, RefusedException {
    var names = new ArrayList<Path>();
    try {
      for (var child : directory) {
        var name = child.getFileName();
        if (!isText(name) || !PathRules.isClean(prefix + name)) {
          throw RefusedException.invalid("\"" + prefix + name + "\" is not a valid file name");
        }
        names.add(name);
        AgentFolder.requireWithinBounds(names.size(), 0);
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return names.stream().sorted().toList();
  }

  /** A name is bytes to the system; one that is no text here could not be written again. */
  private static boolean isText(Path name) {
    return name.equals(Path.of(name.toString()));
  }

  private void copy(SecureDirectoryStream<Path> directory, Path name, String path, int depth)
      throws IOException, RefusedException {
    var attributes = attributes(directory, name);
    if (attributes.isSymbolicLink()) {
      addLink(path, attributes);
    } else if (attributes.isDirectory()) {
      addFolder(directory, name, path, attributes, depth);
    } else if (attributes.isRegularFile()) {
      addFile(directory, name, path, attributes);
    } else {
      throw RefusedException.invalid("\"" + path + "\" is not a regular file");
    }
  }

  private void addFolder(
      SecureDirectoryStream<Path> directory,
      Path name,
      String path,
      PosixFileAttributes attributes,
      int depth)
      throws IOException, RefusedException {
    if (depth >= MAX_DEPTH) {
      throw RefusedException.invalid(
          "\"" + path + "\" is nested too deeply (max " + MAX_DEPTH + ")");
    }
    add(path, Kind.DIRECTORY, 0, attributes, Optional.empty(), Optional.empty());
    try (var below = opened(() -> secure(directory.newDirectoryStream(name, NOFOLLOW_LINKS)))) {
      walk(below, path + "/", depth + 1);
    }
  }

  private void addFile(
      SecureDirectoryStream<Path> directory, Path name, String path, PosixFileAttributes attributes)
      throws IOException, RefusedException {
    AgentFolder.requireWithinBounds(0, bytes + attributes.size());
    // One byte more than there is room for shows that the file grew past the bound.
    try (var channel = opened(() -> directory.newByteChannel(name, Set.of(READ, NOFOLLOW_LINKS)));
        var content =
            new CountedStream(
                Channels.newInputStream(channel), AgentFolder.MAX_BYTES - bytes + 1)) {
      var blob = workspaces.storeBlob(content);
      bytes += content.count;
      add(path, Kind.FILE, content.count, attributes, Optional.of(blob), Optional.empty());
    }
  }

  /** The handle cannot read a link, so its text is read by path; it is only kept as text. */
  private void addLink(String path, PosixFileAttributes attributes)
      throws IOException, RefusedException {
    var target = opened(() -> Files.readSymbolicLink(root.resolve(path)));
    if (!isText(target) || PathRules.targetOf(path, target.toString()).isEmpty()) {
      throw RefusedException.invalid("Link \"" + path + "\" points outside the agent directory");
    }
    add(path, Kind.LINK, 0, attributes, Optional.empty(), Optional.of(target.toString()));
  }

  private void add(
      String path,
      Kind kind,
      long size,
      PosixFileAttributes attributes,
      Optional<Digest> blob,
      Optional<String> target) {
    entries.add(
        new Entry(
            path,
            kind,
            size,
            FileMode.of(attributes.permissions()),
            attributes.lastModifiedTime().toInstant(),
            blob,
            target));
  }

  /**
   * What was a folder or file when it was looked at may be a link, or nothing, when it is opened.
   */
  private static <T> T opened(Open<T> open) throws IOException {
    try {
      return open.it();
    } catch (AccessDeniedException e) {
      throw e;
    } catch (FileSystemException e) {
      throw new MovedException(e);
    }
  }

  private static PosixFileAttributes attributes(SecureDirectoryStream<Path> directory, Path name)
      throws IOException {
    return directory
        .getFileAttributeView(name, PosixFileAttributeView.class, NOFOLLOW_LINKS)
        .readAttributes();
  }

  private static SecureDirectoryStream<Path> secure(DirectoryStream<Path> stream)
      throws IOException {
    if (stream instanceof SecureDirectoryStream<Path> secure) {
      return secure;
    }
    throw new IOException("file system (expected: one with secure directory streams, as on Linux)");
  }

  /** Opens something by name. */
  @FunctionalInterface
  private interface Open<T> {
    T it() throws IOException;
  }

  /** Something was replaced between two looks at it. */
  private static final class MovedException extends IOException {
    private static final long serialVersionUID = 1L;

    MovedException(IOException cause) {
      super(cause.getMessage(), cause);
    }
  }

  /** Ends after some bytes, and knows how many came. */
  private static final class CountedStream extends FilterInputStream {
    private final long limit;
    private long count;

    CountedStream(InputStream in, long limit) {
      super(in);
      this.limit = limit;
    }

    @Override
    public int read() throws IOException {
      var one = count < limit ? super.read() : -1;
      count += one < 0 ? 0 : 1;
      return one;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      var room = (int) Math.min(length, limit - count);
      var read = room == 0 && length > 0 ? -1 : super.read(buffer, offset, room);
      count += Math.max(0, read);
      return read;
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }
}
