package dev.ash.config;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The {@code ash.agent} section: which program is run in a sandbox.
 *
 * @param real whether the real agent runs, or the mock for every agent
 * @param claude the agent's program on the host; empty when none was found
 * @param permissionMode what sessions get that do not say otherwise
 */
public record AgentConfig(
    boolean real, Optional<Path> claude, String permissionMode, int maxRetries) {

  static AgentConfig from(Config c) {
    return new AgentConfig(
        !c.getString("real-sdk").equals("0"),
        Optional.of(c.getString("claude")).filter(s -> !s.isEmpty()).map(Path::of),
        c.getString("permission-mode"),
        c.getInt("max-retries"));
  }
}
