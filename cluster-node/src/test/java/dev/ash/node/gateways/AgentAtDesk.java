package dev.ash.node.gateways;

import dev.ash.node.faults.RealAgent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The real agent as a person starts it, outside any node, with a home folder of its own. */
record AgentAtDesk(Path home, Path work) {
  /** What a command said, and how it ended. */
  record Answer(int code, String out) {}

  /** Skips the test where the agent is not installed. */
  static AgentAtDesk in(Path folder) throws IOException {
    RealAgent.program();
    return new AgentAtDesk(
        Files.createDirectory(folder.resolve("home")),
        Files.createDirectory(folder.resolve("work")));
  }

  /** Runs it to its end. */
  Answer ask(ProcessBuilder command) throws Exception {
    try (var agent = OwnedTerminal.start(command)) {
      var out = agent.rest();
      return new Answer(agent.code(), out);
    }
  }

  /**
   * Its command line.
   *
   * @param more variables beside the gateway's two
   */
  ProcessBuilder command(String url, String token, Map<String, String> more, String... arguments) {
    var line = new ArrayList<String>();
    line.add(RealAgent.program().toString());
    line.addAll(List.of(arguments));
    var builder = new ProcessBuilder(line).directory(work.toFile()).redirectErrorStream(true);
    var environment = new TreeMap<>(more);
    environment.put("HOME", home.toString());
    environment.put("PATH", System.getenv("PATH"));
    environment.put("TERM", "xterm-256color");
    environment.put("ANTHROPIC_BASE_URL", url);
    environment.put("ANTHROPIC_AUTH_TOKEN", token);
    environment.put("CLAUDE_CODE_MAX_RETRIES", "0");
    environment.put("DISABLE_AUTOUPDATER", "1");
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder;
  }
}
