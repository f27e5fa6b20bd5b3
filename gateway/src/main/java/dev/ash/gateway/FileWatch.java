package dev.ash.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;

/**
 * Finds out by looking whether files have changed. Their content is compared: it may come by a
 * rename, through a link to another folder as Kubernetes does it, or with an old time.
 */
final class FileWatch {
  private Map<Path, String> taken;
  private Map<Path, String> seen;

  FileWatch(Set<Path> files) {
    taken = look(files);
    seen = taken;
  }

  /**
   * Whether they differ from what was taken and hold still since the last look: somebody may be in
   * the middle of writing. What is found then is taken.
   *
   * @param failed what was taken last could not be used, because of a file that is not looked at:
   *     it counts as changed until it can
   */
  boolean changed(boolean failed) {
    var now = look(taken.keySet());
    var settled = now.equals(seen);
    seen = now;
    if (!settled || (!failed && now.equals(taken))) {
      return false;
    }
    taken = now;
    return true;
  }

  /** Looks at these from now on; what was taken of those that stay is still compared with. */
  void follow(Set<Path> files) {
    var next = look(files);
    next.replaceAll((file, now) -> taken.getOrDefault(file, now));
    taken = next;
    seen = next;
  }

  private static Map<Path, String> look(Set<Path> files) {
    var found = new HashMap<Path, String>();
    for (var file : files) {
      found.put(file, digest(file));
    }
    return found;
  }

  private static String digest(Path file) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    } catch (IOException _) {
      return "cannot be read";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
