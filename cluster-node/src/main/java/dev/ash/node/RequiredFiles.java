package dev.ash.node;

import dev.ash.config.NodeConfig;
import java.io.IOException;
import java.nio.file.Files;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a node needs on disk before it starts: what the system says of a path is only the path. */
final class RequiredFiles {
  private static final Logger LOG = LoggerFactory.getLogger(RequiredFiles.class);

  private RequiredFiles() {}

  /**
   * Looks for them.
   *
   * @throws IOException what is missing, and what to do
   */
  static void check(NodeConfig config) throws IOException {
    try {
      Files.createDirectories(config.dataDir());
      Files.delete(Files.createTempFile(config.dataDir(), ".writable", ""));
    } catch (IOException e) {
      throw new IOException(
          "ASH_DATA_DIR: %s (expected: a folder that this user may write to): %s"
              .formatted(config.dataDir(), e),
          e);
    }
    var claude = config.agent().claude();
    if (claude.isPresent() && !Files.isExecutable(claude.get())) {
      throw new IOException(
          "CLAUDE_CODE_EXECUTABLE: %s (expected: the agent's program; ./ash tools installs it)"
              .formatted(claude.get()));
    }
    if (config.agent().real() && claude.isEmpty()) {
      LOG.warn(
          "No agent can run: CLAUDE_CODE_EXECUTABLE is not set (./ash tools installs the program;"
              + " ASH_REAL_SDK=0 chooses the mock agent)");
    }
  }
}
