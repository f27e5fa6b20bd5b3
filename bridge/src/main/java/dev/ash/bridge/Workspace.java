package dev.ash.bridge;

import dev.ash.protocol.bridge.BridgeFrame;
import dev.ash.protocol.bridge.BridgeFrame.Failure;
import dev.ash.protocol.bridge.FrameLimits;
import dev.ash.protocol.bridge.NodeFrame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads, writes and deletes files below the workspace. Links are followed as long as they stay
 * below it. The agent has the same rights as the bridge, so this protects nobody from the agent; it
 * keeps a path that a client sent from meaning something else than a workspace file.
 */
final class Workspace {
  static final String UNFINISHED = ".ash-write-";
  private static final int MAX_LINKS = 40;
  private static final int MAX_UNFINISHED = 32;

  private final Path root;
  private final Map<String, Unfinished> unfinished = new HashMap<>();
  private long written;

  private record Unfinished(Path file, Path target, FileChannel channel) {}

  Workspace(Path root) {
    this.root = root;
  }

  Path root() {
    return root;
  }

  BridgeFrame.Data read(NodeFrame.Read read) throws RequestException {
    try {
      var path = resolve(read.path(), true);
      // Opening a pipe would wait for its writer.
      if (!existing(path).isRegularFile()) {
        throw notAFile(read.path());
      }
      try (var channel =
          FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
        long size = channel.size();
        var data =
            ByteBuffer.allocate((int) Math.min(read.length(), Math.max(0, size - read.offset())));
        long at = read.offset();
        while (data.hasRemaining()) {
          int n = channel.read(data, at);
          if (n < 0) {
            break;
          }
          at += n;
        }
        data.flip();
        return new BridgeFrame.Data(
            read.id(), data, size, read.offset() + data.remaining() >= size);
      }
    } catch (IOException e) {
      throw failed(read.path(), e);
    }
  }

  /** Parts of one file come in order; the file appears under its name with the last. */
  synchronized void write(NodeFrame.Write write) throws RequestException {
    try {
      var begun = write.offset() == 0 ? begin(write.path()) : unfinished.get(write.path());
      if (begun == null || begun.channel().position() != write.offset()) {
        throw new RequestException(Failure.INVALID, "offset: not where the part before ended");
      }
      boolean whole = false;
      try {
        var data = write.data().duplicate();
        while (data.hasRemaining()) {
          begun.channel().write(data);
        }
        if (write.last()) {
          finish(write.path(), begun);
        }
        whole = true;
      } finally {
        if (!whole) {
          forget(write.path());
        }
      }
    } catch (IOException e) {
      throw failed(write.path(), e);
    }
  }

  private Unfinished begin(String path) throws IOException, RequestException {
    forget(path);
    if (unfinished.size() == MAX_UNFINISHED) {
      throw new RequestException(Failure.FAILED, "too many files are written at once");
    }
    var target = resolve(path, true);
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS) && !existing(target).isRegularFile()) {
      throw notAFile(path);
    }
    var folder = target.getParent();
    if (folder == null || target.equals(root)) {
      throw notAFile(path);
    }
    Files.createDirectories(folder);
    written++;
    var file = folder.resolve(UNFINISHED + ProcessHandle.current().pid() + "-" + written);
    var channel =
        FileChannel.open(
            file,
            Set.of(
                StandardOpenOption.WRITE,
                StandardOpenOption.CREATE_NEW,
                LinkOption.NOFOLLOW_LINKS));
    var begun = new Unfinished(file, target, channel);
    unfinished.put(path, begun);
    return begun;
  }

  private void finish(String path, Unfinished begun) throws IOException {
    begun.channel().close();
    if (Files.isRegularFile(begun.target(), LinkOption.NOFOLLOW_LINKS)) {
      Files.setPosixFilePermissions(
          begun.file(), Files.getPosixFilePermissions(begun.target(), LinkOption.NOFOLLOW_LINKS));
    }
    Files.move(
        begun.file(),
        begun.target(),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    unfinished.remove(path);
  }

  private void forget(String path) throws IOException {
    var begun = unfinished.remove(path);
    if (begun != null) {
      begun.channel().close();
      Files.deleteIfExists(begun.file());
    }
  }

  void delete(NodeFrame.Delete delete) throws RequestException {
    try {
      var path = resolve(delete.path(), false);
      if (existing(path).isDirectory()) {
        throw notAFile(delete.path());
      }
      Files.delete(path);
    } catch (IOException e) {
      throw failed(delete.path(), e);
    }
  }

  /** Step by step, so that each link on the way is seen. */
  Path resolve(String path, boolean followLast) throws RequestException, IOException {
    if (path.isEmpty()
        || path.indexOf('\0') >= 0
        || path.getBytes(StandardCharsets.UTF_8).length > FrameLimits.PATH) {
      throw new RequestException(Failure.INVALID, "path: (expected: a relative path)");
    }
    if (path.startsWith("/") || List.of(path.split("/", -1)).contains("..")) {
      throw outside();
    }
    Deque<String> todo = new ArrayDeque<>(Arrays.asList(path.split("/", -1)));
    Deque<String> done = new ArrayDeque<>();
    int links = 0;
    while (!todo.isEmpty()) {
      var part = todo.pop();
      if (part.isEmpty() || part.equals(".")) {
        continue;
      }
      if (part.equals("..")) {
        if (done.pollLast() == null) {
          throw outside();
        }
        continue;
      }
      done.add(part);
      var here = at(done);
      if ((followLast || !todo.isEmpty()) && Files.isSymbolicLink(here)) {
        if (++links > MAX_LINKS) {
          throw new RequestException(Failure.OUTSIDE, "path: too many links");
        }
        done.removeLast();
        var target = Files.readSymbolicLink(here);
        if (target.isAbsolute()) {
          if (!target.startsWith(root)) {
            throw outside();
          }
          done.clear();
          target = root.relativize(target);
        }
        var parts = target.toString().split("/", -1);
        for (int i = parts.length - 1; i >= 0; i--) {
          todo.push(parts[i]);
        }
      }
    }
    return at(done);
  }

  private Path at(Deque<String> parts) throws RequestException {
    try {
      return root.resolve(String.join("/", parts));
    } catch (InvalidPathException e) {
      throw new RequestException(Failure.INVALID, "path: cannot be a file name here");
    }
  }

  private static BasicFileAttributes existing(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }

  private static RequestException outside() {
    return new RequestException(Failure.OUTSIDE, "path: leads out of the workspace");
  }

  private static RequestException notAFile(String path) {
    return new RequestException(Failure.NOT_A_FILE, path + ": not a file");
  }

  private static RequestException failed(String path, IOException e) {
    if (e instanceof NoSuchFileException) {
      return new RequestException(Failure.NOT_FOUND, path + ": not found");
    }
    var reason =
        e instanceof FileSystemException f
            ? Optional.ofNullable(f.getReason()).orElse(e.getClass().getSimpleName())
            : String.valueOf(e.getMessage());
    var kind =
        switch (reason) {
          case "No space left on device", "Disk quota exceeded", "File too large" ->
              Failure.NO_SPACE;
          case "Not a directory" -> Failure.NOT_FOUND;
          default -> Failure.FAILED;
        };
    return new RequestException(kind, path + ": " + reason);
  }
}
