package dev.ash.node.sandbox;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ash.config.AgentConfig;
import dev.ash.config.NodeConfig;
import dev.ash.config.SandboxConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/** What tests of sandboxes start from. */
final class Fixture {
  private Fixture() {}

  static void assumeBubblewrap() {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/bwrap")), "bubblewrap is not installed");
  }

  static boolean root() throws IOException {
    return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
  }

  static SandboxConfig config(Path bridgeHome, Map<String, ?> overrides) {
    var all = new HashMap<String, Object>(overrides);
    all.put("ash.sandbox.bridge-home", bridgeHome.toString());
    return NodeConfig.from(NodeConfig.load(all)).sandbox();
  }

  static AgentConfig agent() {
    return NodeConfig.from(NodeConfig.load(Map.of())).agent();
  }

  static LocalSandboxes open(Path data, Path bridgeHome, Map<String, ?> overrides)
      throws IOException {
    return LocalSandboxes.open(data, config(bridgeHome, overrides), agent(), new SecureRandom());
  }

  static Sandboxes.Spec spec() {
    return spec((_, _, _) -> {}, _ -> {});
  }

  static Sandboxes.Spec spec(Sandboxes.Populate populate, Consumer<String> log) {
    return new Sandboxes.Spec(UUID.randomUUID().toString(), populate, _ -> () -> {}, log);
  }
}
