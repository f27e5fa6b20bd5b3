package dev.ash.node.driver;

import dev.ash.node.driver.AgentDriver.Conversation;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The environment of whatever runs in a sandbox: a fixed set, and what the agent's owner adds. */
public final class SandboxEnvironment {

  /** Names that would change what a program is or whom it talks to. */
  private static final Set<String> RESERVED =
      Set.of(
          "PATH",
          "HOME",
          "ANTHROPIC_UNIX_SOCKET",
          "ANTHROPIC_BASE_URL",
          "ANTHROPIC_AUTH_TOKEN",
          "ANTHROPIC_API_KEY",
          "ANTHROPIC_CUSTOM_HEADERS",
          "CLAUDE_CONFIG_DIR");

  /** Stands for the model's server; its name is looked up nowhere. */
  private static final String MODEL_HOST = "model.ash.internal";

  private static final String WITHOUT_PROXY = "localhost,127.0.0.1,::1," + MODEL_HOST;

  private SandboxEnvironment() {}

  /** Whether an owner's variable of this name is left out. */
  public static boolean isReserved(String name) {
    return RESERVED.contains(name) || name.startsWith("LD_");
  }

  public static Map<String, String> of(Conversation conversation) {
    var env = new TreeMap<>(conversation.environment());
    env.keySet().removeIf(SandboxEnvironment::isReserved);
    env.put("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin");
    env.put("HOME", conversation.home());
    env.put("USER", "agent");
    env.put("SHELL", "/bin/bash");
    env.put("TMPDIR", "/tmp");
    env.putIfAbsent("LANG", "C.UTF-8");
    env.put("ASH_SESSION_ID", conversation.session().value());
    env.put("ASH_SANDBOX_ID", conversation.session().value());
    env.put("ASH_WORKSPACE_DIR", conversation.workspace());
    if (!conversation.given().isEmpty()) {
      env.putAll(toModel(conversation));
      env.putAll(conversation.given());
    }
    conversation.proxy().ifPresent(proxy -> env.putAll(wayOut(proxy)));
    return env;
  }

  /** The way of the session's calls, which the node counts and adds its credential to. */
  static Map<String, String> toModel(Conversation conversation) {
    return Map.of(
        "ANTHROPIC_BASE_URL",
        "http://" + MODEL_HOST,
        "ANTHROPIC_UNIX_SOCKET",
        conversation.hostSockets() + "/" + ClaudeDriver.MODEL_SOCKET);
  }

  /** Programs agree neither on upper or lower case nor, in Node.js, on looking at all. */
  private static Map<String, String> wayOut(String proxy) {
    return Map.of(
        "HTTPS_PROXY", proxy,
        "https_proxy", proxy,
        "HTTP_PROXY", proxy,
        "http_proxy", proxy,
        "NO_PROXY", WITHOUT_PROXY,
        "no_proxy", WITHOUT_PROXY,
        "NODE_USE_ENV_PROXY", "1");
  }
}
