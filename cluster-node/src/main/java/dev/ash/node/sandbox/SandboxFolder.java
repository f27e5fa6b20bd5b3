package dev.ash.node.sandbox;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The folder of one sandbox on the host. Only its parts are seen from inside, never it itself.
 *
 * @param root {@code <data>/sandboxes/<id>}, for the sandbox's user alone
 * @param sockets the same folder under a name that leaves room for a socket's
 */
record SandboxFolder(Path root, Path sockets) {
  static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private static final Map<String, String> ETC =
      Map.of(
          "passwd",
          """
          root:x:0:0:root:/nonexistent:/usr/sbin/nologin
          agent:x:1000:1000:agent:/home/agent:/bin/sh
          nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
          """,
          "group",
          """
          root:x:0:
          agent:x:1000:
          nogroup:x:65534:
          """,
          "hosts",
          """
          127.0.0.1 localhost sandbox
          ::1 localhost sandbox
          """,
          "nsswitch.conf",
          """
          passwd: files
          group: files
          shadow: files
          hosts: files dns
          """);

  /** Makes the folder, which must not exist yet. */
  static SandboxFolder create(Path sandboxes, Path shortName, String id) throws IOException {
    return new SandboxFolder(
        Files.createDirectory(sandboxes.resolve(id), PRIVATE), shortName.resolve(id));
  }

  /** Fills the folder with the parts every sandbox has. */
  void furnish() throws IOException {
    for (var part : new Path[] {workspace(), home(), hostDirectory(), etc()}) {
      Files.createDirectory(part, PRIVATE);
    }
    for (var file : ETC.entrySet()) {
      Files.writeString(etc().resolve(file.getKey()), file.getValue());
    }
  }

  Path workspace() {
    return root.resolve("workspace");
  }

  Path home() {
    return root.resolve("home");
  }

  /** Seen inside as {@code /run/host}. */
  Path hostDirectory() {
    return root.resolve("run");
  }

  /** {@link #hostDirectory} under its short name, for whoever binds or connects there. */
  Path hostSockets() {
    return sockets.resolve("run");
  }

  Path etc() {
    return root.resolve("etc");
  }

  Path arguments() {
    return root.resolve("args");
  }

  /** Where the bridge makes its socket. */
  Path insideSocket() {
    return hostSockets().resolve("bridge.sock");
  }

  /**
   * The same socket under a name that nothing inside can replace. A path below {@link
   * #hostDirectory} is the agent's to turn into a link to any other socket of the host.
   */
  Path bridgeSocket() {
    return sockets.resolve("bridge.sock");
  }

  /** Gives everything to a host user. Links are given, not what they point to. */
  void give(int uid) throws IOException {
    if (uid == Uids.OWN) {
      return;
    }
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            chown(file, uid);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            chown(directory, uid);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private static void chown(Path path, int uid) throws IOException {
    Files.setAttribute(path, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
    Files.setAttribute(path, "unix:gid", uid, LinkOption.NOFOLLOW_LINKS);
  }

  /** Pins the bridge's socket, before any foreign code runs beside the bridge. */
  void pinSocket() throws IOException {
    var attributes =
        Files.readAttributes(insideSocket(), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!attributes.isOther()) {
      throw new IOException("the bridge's socket: not a socket (expected: a socket)");
    }
    Files.createLink(bridgeSocket(), insideSocket());
  }

  void delete() throws IOException {
    FolderRemoval.remove(root);
  }
}
