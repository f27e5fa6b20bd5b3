package dev.ash.node.sandbox;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A name for a folder that leaves room for the sockets in it: the path of a Unix socket has 107
 * bytes, and data folders may lie deep. Where the folder's own name is too long, a link in the
 * system's folder for temporary files stands for it.
 */
final class ShortName {
  /** What follows the folder: a sandbox's id, its {@code run} and a socket's name. */
  private static final int NEEDED = "/00000000-0000-0000-0000-000000000000/run/".length() + 16;

  private static final int LONGEST_SOCKET = 107;
  private static final Path TEMPORARY = Path.of("/tmp");

  private ShortName() {}

  static Path of(Path folder) throws IOException {
    if (folder.toString().length() + NEEDED <= LONGEST_SOCKET) {
      return folder;
    }
    // Named after the folder, so that starts of the same node do not pile up links.
    var own = TEMPORARY.resolve("ash-" + Files.getAttribute(folder, "unix:ino"));
    try {
      return link(Files.createDirectory(own), folder);
    } catch (FileAlreadyExistsException e) {
      return isOurs(own)
          ? link(own, folder)
          : link(Files.createTempDirectory(TEMPORARY, "ash-"), folder);
    }
  }

  /** Anybody may make a folder of that name first, and must not decide where our sockets are. */
  private static boolean isOurs(Path folder) throws IOException {
    var self = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
        && Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS).equals(self);
  }

  private static Path link(Path holder, Path folder) throws IOException {
    // Others, such as a sandbox's user, pass through; what the link leads to has its own mode.
    Files.setPosixFilePermissions(holder, PosixFilePermissions.fromString("rwx--x--x"));
    var link = holder.resolve("s");
    Files.deleteIfExists(link);
    return Files.createSymbolicLink(link, folder);
  }
}
