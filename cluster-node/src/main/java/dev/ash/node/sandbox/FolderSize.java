package dev.ash.node.sandbox;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.Set;

/**
 * How much lies in a folder that hostile programs fill at this moment.
 *
 * <p>Every step is relative to a folder that is open already and follows no link, so that nothing
 * swapped meanwhile leads out. Names, blocks and bytes are bounded; what is beyond counts as over.
 */
final class FolderSize {
  static final int MOST_ENTRIES = 500_000;

  /** One open descriptor each; no honest program nests its folders like that. */
  private static final int DEEPEST = 128;

  /** A file of one byte takes a block of the disk. */
  private static final long BLOCK = 4096;

  /** From here on a file with several names counts once; the set of these stays small. */
  private static final long LARGE = 64 << 10;

  private final long limit;
  private final Set<Object> large = new HashSet<>();
  private long bytes;
  private int entries;
  private boolean over;
  private boolean hidden;

  private FolderSize(long limit) {
    this.limit = limit;
  }

  /**
   * What was found.
   *
   * @param bytes of all there is, or at least {@code limit} when it is over
   * @param over whether there is more than the limit, in bytes, entries or depth
   * @param hidden whether something could not be looked into
   */
  record Found(long bytes, boolean over, boolean hidden) {}

  /** Looks at everything below a folder, up to the limit. */
  static Found of(Path root, long limit) throws IOException {
    var size = new FolderSize(limit);
    try (var top = Files.newDirectoryStream(root)) {
      if (!(top instanceof SecureDirectoryStream<Path> secure)) {
        throw new IOException(root + ": cannot be read name by name");
      }
      size.walk(secure, 1);
    }
    return new Found(size.bytes, size.over, size.hidden);
  }

  private void walk(SecureDirectoryStream<Path> folder, int depth) {
    try {
      for (var entry : folder) {
        look(folder, entry.getFileName(), depth);
        if (over) {
          return;
        }
      }
    } catch (DirectoryIteratorException e) {
      hidden = true;
    }
  }

  private void look(SecureDirectoryStream<Path> folder, Path name, int depth) {
    try {
      var attributes =
          folder
              .getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
              .readAttributes();
      count(attributes);
      if (attributes.isDirectory() && !over) {
        if (depth == DEEPEST) {
          over = true;
          return;
        }
        try (var inner = folder.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
          walk(inner, depth + 1);
        }
      }
    } catch (NoSuchFileException e) {
      // deleted between its name and the look at it
      return;
    } catch (IOException e) {
      hidden = true;
    }
  }

  private void count(BasicFileAttributes attributes) {
    entries++;
    var size = attributes.size();
    var key = attributes.fileKey();
    if (size < LARGE || key == null || large.add(key)) {
      bytes += size + BLOCK - 1 - (size + BLOCK - 1) % BLOCK;
    }
    over = bytes > limit || entries > MOST_ENTRIES;
  }
}
