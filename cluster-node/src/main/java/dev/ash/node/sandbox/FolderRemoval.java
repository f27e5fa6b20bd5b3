package dev.ash.node.sandbox;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;

/**
 * Deletes a folder that hostile programs have filled, after the last of them is dead.
 *
 * <p>Never follows a link. A nest of folders deeper than any path can name is taken apart by moving
 * its inner half up; a folder without permissions gets them back first. What is held in memory does
 * not depend on the number of files.
 */
final class FolderRemoval {
  /** Names have up to 255 bytes and a path up to 4095, of which the data folder needs a part. */
  private static final int DEEPEST = 10;

  private final Path root;
  private final ArrayDeque<Path> moved = new ArrayDeque<>();
  private int moves;

  private FolderRemoval(Path root) {
    this.root = root;
  }

  /** Deletes the folder; nothing happens when it is not there. */
  static void remove(Path root) throws IOException {
    if (Files.isDirectory(root, LinkOption.NOFOLLOW_LINKS)) {
      try {
        new FolderRemoval(root).run();
      } catch (DirectoryIteratorException e) {
        throw e.getCause();
      }
    }
    Files.deleteIfExists(root);
  }

  private void run() throws IOException {
    allow(root);
    // a list, so that what is moved here meanwhile is not met twice; the node itself made these
    var parts = new ArrayList<Path>();
    try (var entries = Files.newDirectoryStream(root)) {
      entries.forEach(parts::add);
    }
    for (var part : parts) {
      delete(part, 1);
    }
    while (!moved.isEmpty()) {
      delete(moved.pop(), 1);
    }
  }

  private void delete(Path path, int depth) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      allow(path);
      if (depth > DEEPEST) {
        moveUp(path);
        return;
      }
      try (var entries = Files.newDirectoryStream(path)) {
        for (var entry : entries) {
          delete(entry, depth + 1);
        }
      }
    }
    Files.deleteIfExists(path);
  }

  private void moveUp(Path directory) throws IOException {
    var target = root.resolve("removed-" + moves++);
    while (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      target = root.resolve("removed-" + moves++);
    }
    Files.move(directory, target);
    moved.push(target);
  }

  private static void allow(Path directory) throws IOException {
    if (!Files.isReadable(directory)
        || !Files.isWritable(directory)
        || !Files.isExecutable(directory)) {
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }
  }
}
