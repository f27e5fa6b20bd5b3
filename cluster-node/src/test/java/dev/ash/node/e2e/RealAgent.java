package dev.ash.node.e2e;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** A node that runs the real agent, and the scripted model that the agent talks to. */
final class RealAgent implements AutoCloseable {
  static final String KEY = "canary-37b2-key-of-the-node";

  private static final String VERSION = "0.3.330";

  private final ScriptedModel model;
  private final StartedNode node;

  private RealAgent(ScriptedModel model, StartedNode node) {
    this.model = model;
    this.node = node;
  }

  /** Skips the test where the agent's program is not installed. */
  static RealAgent start() throws IOException {
    return start(Map.of());
  }

  /** The same with more in the node's environment. */
  static RealAgent start(Map<String, String> more) throws IOException {
    var program = program();
    assumeTrue(
        program.isPresent(), "the agent is not installed (./ash tools, CLAUDE_CODE_EXECUTABLE)");
    var model = ScriptedModel.start(0);
    try {
      return new RealAgent(
          model, StartedNode.start(environment(model, program.orElseThrow(), more)));
    } catch (IOException | RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  private static Map<String, String> environment(
      ScriptedModel model, Path program, Map<String, String> more) {
    var all = new HashMap<>(more);
    all.put("ASH_REAL_SDK", "1");
    all.put("CLAUDE_CODE_EXECUTABLE", program.toString());
    all.put("ANTHROPIC_BASE_URL", model.url());
    all.put("ANTHROPIC_API_KEY", KEY);
    all.put("ASH_CREDENTIAL_KEY", "canary-37b3-master-key");
    return all;
  }

  private static Optional<Path> program() {
    var named = Optional.ofNullable(System.getenv("CLAUDE_CODE_EXECUTABLE")).map(Path::of);
    var tools =
        Optional.ofNullable(System.getenv("ASH_TOOLS"))
            .map(Path::of)
            .orElse(Path.of(System.getProperty("user.home"), ".cache", "ash"));
    return named
        .or(() -> Optional.of(tools.resolve("claude-" + VERSION).resolve("claude")))
        .filter(Files::isExecutable);
  }

  ScriptedModel model() {
    return model;
  }

  StartedNode node() {
    return node;
  }

  StrictClient client() {
    return node.client();
  }

  @Override
  public void close() throws IOException {
    try {
      node.close();
    } finally {
      model.close();
    }
  }
}
