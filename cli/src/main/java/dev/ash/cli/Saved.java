package dev.ash.cli;

import dev.ash.client.http.Download;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/** Files that are fetched and sent. */
final class Saved {
  private Saved() {}

  static void checkReadable(Path file) {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new CliException("file: " + file + " (expected: a readable file)");
    }
  }

  /** To standard output, or into a file that is only there when it is whole. */
  static int take(Context context, Download download, @Nullable Path output) throws IOException {
    if (output == null) {
      context.terminal().bytes(download.body());
      return 0;
    }
    var target = output.toAbsolutePath();
    var part = Files.createTempFile(target.getParent(), ".ash", ".part");
    try {
      long size = Files.copy(download.body(), part, StandardCopyOption.REPLACE_EXISTING);
      Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
      context.terminal().note("Saved " + size + " bytes to " + output);
    } finally {
      Files.deleteIfExists(part);
    }
    return 0;
  }
}
