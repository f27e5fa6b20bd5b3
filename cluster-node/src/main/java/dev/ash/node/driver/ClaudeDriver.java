package dev.ash.node.driver;

import dev.ash.node.bridge.Bridge;
import dev.ash.protocol.json.Json;
import dev.ash.protocol.session.SessionSettings;
import dev.ash.protocol.session.TurnOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Claude Code, driven directly over its stream-json (contract/claude-code.md; the version is pinned
 * by the launcher). Options that the program only takes as arguments make a new process, which
 * resumes the conversation.
 */
public final class ClaudeDriver implements AgentDriver {

  /** The socket in the folder of host sockets over which model calls go. */
  public static final String MODEL_SOCKET = "model.sock";

  private final String defaultPermissionMode;
  private final int maxRetries;

  /**
   * Makes a driver.
   *
   * @param defaultPermissionMode for sessions that name none
   * @param maxRetries of a failing model call inside the agent
   */
  public ClaudeDriver(String defaultPermissionMode, int maxRetries) {
    this.defaultPermissionMode = defaultPermissionMode;
    this.maxRetries = maxRetries;
  }

  @Override
  public Bridge.Agent process(Conversation conversation, TurnOptions options) {
    return new Bridge.Agent.Program(
        command(conversation, options), environment(conversation, options));
  }

  private List<String> command(Conversation conversation, TurnOptions options) {
    var settings = conversation.settings();
    var command = new ArrayList<String>();
    command.add(conversation.program());
    command.addAll(List.of("--output-format", "stream-json", "--input-format", "stream-json"));
    command.addAll(List.of("--verbose", "--include-partial-messages", "--session-mirror"));
    command.addAll(List.of("--permission-prompts", "none", "--setting-sources", "project"));
    command.addAll(
        List.of(
            "--settings", "{\"skipWebFetchPreflight\":true,\"enableAllProjectMcpServers\":true}"));
    conversation(conversation, command);
    permissions(settings, command);
    options
        .model()
        .or(settings::model)
        .ifPresent(model -> command.addAll(List.of("--model", model)));
    options.maxTurns().ifPresent(n -> command.addAll(List.of("--max-turns", "" + n)));
    options
        .maxBudgetUsd()
        .ifPresent(usd -> command.addAll(List.of("--max-budget-usd", plain(usd))));
    options.effort().ifPresent(effort -> command.addAll(List.of("--effort", effort)));
    options
        .outputFormatJson()
        .flatMap(Json::parse)
        .filter(format -> format.path("schema").isObject())
        .ifPresent(
            format -> command.addAll(List.of("--json-schema", format.path("schema").toString())));
    list("--allowedTools", settings.allowedTools(), command);
    list("--disallowedTools", settings.disallowedTools(), command);
    list("--betas", settings.betas(), command);
    settings.subagentsJson().ifPresent(json -> command.addAll(List.of("--agents", json)));
    settings.initialAgent().ifPresent(agent -> command.addAll(List.of("--agent", agent)));
    return command;
  }

  private static void conversation(Conversation conversation, List<String> command) {
    var id = conversation.session();
    if (conversation.from().isEmpty()) {
      command.addAll(List.of("--session-id", id.value()));
    } else if (conversation.from().get().equals(id)) {
      command.addAll(List.of("--resume", id.value()));
    } else {
      command.addAll(List.of("--resume", conversation.from().get().value()));
      command.addAll(List.of("--fork-session", "--session-id", id.value()));
    }
  }

  private void permissions(SessionSettings settings, List<String> command) {
    var mode = settings.permissionMode().orElse(defaultPermissionMode);
    if (mode.equals("bypassPermissions")) {
      command.add("--allow-dangerously-skip-permissions");
      command.addAll(List.of("--permission-mode", "bypassPermissions"));
    } else {
      command.addAll(List.of("--permission-mode", "manual"));
    }
  }

  private static void list(String option, List<String> values, List<String> command) {
    if (!values.isEmpty()) {
      command.add(option);
      command.add(String.join(",", values));
    }
  }

  private static String plain(double usd) {
    return java.math.BigDecimal.valueOf(usd).toPlainString();
  }

  private Map<String, String> environment(Conversation conversation, TurnOptions options) {
    var env = new TreeMap<>(SandboxEnvironment.of(conversation));
    // The credential is added outside; the program insists on having one to start with.
    if (!env.containsKey("ANTHROPIC_API_KEY")) {
      env.putIfAbsent("ANTHROPIC_AUTH_TOKEN", "held-by-the-node");
    }
    env.putAll(SandboxEnvironment.toModel(conversation));
    env.put("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
    env.put("DISABLE_AUTOUPDATER", "1");
    env.put("CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS", "1");
    env.put("CLAUDE_CODE_MAX_RETRIES", "" + maxRetries);
    env.put("CLAUDE_AGENT_SDK_CLIENT_APP", "ash");
    env.put("IS_SANDBOX", "1");
    options
        .thinkingJson()
        .flatMap(Json::parse)
        .ifPresent(
            thinking -> {
              if (thinking.path("type").asText().equals("disabled")) {
                env.put("MAX_THINKING_TOKENS", "0");
              } else if (thinking.path("budgetTokens").isInt()) {
                env.put("MAX_THINKING_TOKENS", thinking.path("budgetTokens").asText());
              }
            });
    return env;
  }

  @Override
  public boolean serves(TurnOptions started, TurnOptions wanted) {
    // The program counts turns and money from its start, so a bound for one turn needs a new one.
    return wanted.maxTurns().isEmpty()
        && wanted.maxBudgetUsd().isEmpty()
        && started.maxTurns().isEmpty()
        && started.maxBudgetUsd().isEmpty()
        && started.model().equals(wanted.model())
        && started.effort().equals(wanted.effort())
        && started.thinkingJson().equals(wanted.thinkingJson())
        && started.outputFormatJson().equals(wanted.outputFormatJson());
  }

  @Override
  public String prompt(Prompt prompt) {
    var line = Json.object().put("type", "user");
    line.putObject("message")
        .put("role", "user")
        .set("content", Json.parse(prompt.contentJson()).orElseThrow());
    line.putNull("parent_tool_use_id");
    return line.toString();
  }

  @Override
  public String interrupt(String requestId) {
    return StreamJson.interrupt(requestId);
  }

  @Override
  public Heard hear(String raw) {
    return StreamJson.hear(raw);
  }

  @Override
  public Map<String, String> homeFiles() {
    return Map.of(
        ".claude.json", "{\"hasCompletedOnboarding\":true,\"bypassPermissionsModeAccepted\":true}");
  }

  @Override
  public String transcriptFolder(String workspace) {
    return ".claude/projects/" + workspace.replaceAll("[^A-Za-z0-9]", "-");
  }
}
