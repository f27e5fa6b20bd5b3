package dev.ash.node.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a node that was killed has left of its sandboxes: processes first, then their folders. */
final class Leftovers {
  private static final Logger log = LoggerFactory.getLogger(Leftovers.class);

  private Leftovers() {}

  static void remove(Path sandboxes, Cgroups cgroups) throws IOException {
    for (var cgroup : cgroups.leftovers()) {
      cgroup.remove();
    }
    try (var entries = Files.newDirectoryStream(sandboxes)) {
      for (var entry : entries) {
        if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS) && !Host.isNodeFolder(entry)) {
          log.info("Removing the leftover sandbox {}", entry.getFileName());
          FolderRemoval.remove(entry);
        }
      }
    }
  }
}
