package dev.ash.persistence.blob;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Folders of this process for files on their way, which nobody wants after its end. */
public final class SpoolFolder {
  private static final String OWNER_ONLY = "rwx------";

  private SpoolFolder() {}

  /**
   * Makes a folder that only this user may look into, and removes what a process that was killed
   * has left there. The folder above it must be there.
   */
  public static void open(Path folder) throws IOException {
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
  }
}
