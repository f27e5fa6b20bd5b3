package dev.ash.node.faults;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ash.scriptedmodel.ScriptedModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Where the pinned agent's program is, and what a node needs to run it on a scripted model. */
public final class RealAgent {
  private RealAgent() {}

  /** Skips the test where the program is not installed. */
  public static Path program() {
    var tools =
        Optional.ofNullable(System.getenv("ASH_TOOLS"))
            .map(Path::of)
            .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "ash"));
    var program =
        Optional.ofNullable(System.getenv("CLAUDE_CODE_EXECUTABLE"))
            .map(Path::of)
            .orElseGet(() -> tools.resolve("claude-0.3.330").resolve("claude"));
    assumeTrue(Files.isExecutable(program), program + " is missing; ./ash tools installs it");
    return program;
  }

  public static Map<String, String> environment(ScriptedModel model, Map<String, String> more) {
    var env = new TreeMap<>(more);
    env.put("ASH_REAL_SDK", "1");
    env.put("CLAUDE_CODE_EXECUTABLE", program().toString());
    env.put("ANTHROPIC_BASE_URL", model.url());
    env.put("ANTHROPIC_API_KEY", "canary-0e47-key-of-the-node");
    return env;
  }
}
