package dev.ash.node.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.bridge.Bridge;
import dev.ash.node.driver.AgentDriver.Conversation;
import dev.ash.node.driver.AgentDriver.Prompt;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.json.Json;
import dev.ash.protocol.session.SessionSettings;
import dev.ash.protocol.session.TurnOptions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ClaudeDriverTest {
  private static final SessionId ID = SessionId.of(new UUID(1, 1));
  private static final SessionId PARENT = SessionId.of(new UUID(1, 2));
  private static final List<String> ALWAYS =
      List.of(
          "/opt/agent/claude",
          "--output-format",
          "stream-json",
          "--input-format",
          "stream-json",
          "--verbose",
          "--include-partial-messages",
          "--session-mirror",
          "--permission-prompts",
          "none",
          "--setting-sources",
          "project",
          "--settings",
          "{\"skipWebFetchPreflight\":true,\"enableAllProjectMcpServers\":true}");

  private final AgentDriver driver = new ClaudeDriver("bypassPermissions", 4);

  @Test
  void startsANewConversation() {
    var command = program(SessionSettings.NONE, TurnOptions.NONE, Optional.empty()).command();

    assertThat(command)
        .isEqualTo(
            with(
                "--session-id",
                ID.value(),
                "--allow-dangerously-skip-permissions",
                "--permission-mode",
                "bypassPermissions"));
  }

  @Test
  void goesOnWithAConversation() {
    assertThat(program(SessionSettings.NONE, TurnOptions.NONE, Optional.of(ID)).command())
        .containsSequence("--resume", ID.value())
        .doesNotContain("--session-id", "--fork-session");
  }

  @Test
  void forksAConversation() {
    assertThat(program(SessionSettings.NONE, TurnOptions.NONE, Optional.of(PARENT)).command())
        .containsSequence("--resume", PARENT.value(), "--fork-session", "--session-id", ID.value());
  }

  @Test
  void passesEverySettingAndOption() {
    var settings =
        new SessionSettings(
            Optional.of("opus"),
            Optional.of("ignored here: it is in CLAUDE.md"),
            Optional.of("default"),
            List.of("Bash(ls *)", "Read"),
            List.of("WebFetch"),
            List.of("b-1", "b-2"),
            Optional.of("{\"x\":{}}"),
            Optional.of("x"),
            Optional.of("{}"),
            Optional.empty());
    var options =
        new TurnOptions(
            true,
            Optional.of("haiku"),
            OptionalInt.of(5),
            OptionalDouble.of(0.0000001),
            Optional.of("low"),
            Optional.of("{\"type\":\"enabled\",\"budgetTokens\":2000}"),
            Optional.of("{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}"));

    var program = program(settings, options, Optional.empty());

    assertThat(program.command())
        .isEqualTo(
            with(
                "--session-id",
                ID.value(),
                "--permission-mode",
                "manual",
                "--model",
                "haiku",
                "--max-turns",
                "5",
                "--max-budget-usd",
                "0.00000010",
                "--effort",
                "low",
                "--json-schema",
                "{\"type\":\"object\"}",
                "--allowedTools",
                "Bash(ls *),Read",
                "--disallowedTools",
                "WebFetch",
                "--betas",
                "b-1,b-2",
                "--agents",
                "{\"x\":{}}",
                "--agent",
                "x"));
    assertThat(program.environment()).containsEntry("MAX_THINKING_TOKENS", "2000");
  }

  /** A value of a client that looks like an option must stay a value. */
  @ParameterizedTest
  @ValueSource(strings = {"--dangerously-skip-permissions", "-p", "--mcp-config=/x"})
  void givesEveryValueAfterItsOption(String hostile) {
    var settings =
        new SessionSettings(
            Optional.of(hostile),
            Optional.empty(),
            Optional.of("default"),
            List.of(hostile),
            List.of(),
            List.of(),
            Optional.empty(),
            Optional.of(hostile),
            Optional.empty(),
            Optional.empty());

    var command = program(settings, TurnOptions.NONE, Optional.empty()).command();

    for (var n = 1; n < command.size(); n++) {
      if (command.get(n).equals(hostile)) {
        assertThat(command.get(n - 1)).isIn("--model", "--allowedTools", "--agent");
      }
    }
  }

  @Test
  void givesTheAgentAFixedEnvironmentWithoutTheCredential() {
    assertThat(program(SessionSettings.NONE, TurnOptions.NONE, Optional.empty()).environment())
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("MINE", "1"),
                Map.entry("LANG", "de_DE.UTF-8"),
                Map.entry("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"),
                Map.entry("HOME", "/home/agent"),
                Map.entry("USER", "agent"),
                Map.entry("SHELL", "/bin/bash"),
                Map.entry("TMPDIR", "/tmp"),
                Map.entry("ASH_SESSION_ID", ID.value()),
                Map.entry("ASH_SANDBOX_ID", ID.value()),
                Map.entry("ASH_WORKSPACE_DIR", "/workspace"),
                Map.entry("ANTHROPIC_AUTH_TOKEN", "held-by-the-node"),
                Map.entry("ANTHROPIC_BASE_URL", "http://model.ash.internal"),
                Map.entry("ANTHROPIC_UNIX_SOCKET", "/run/host/model.sock"),
                Map.entry("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
                Map.entry("DISABLE_AUTOUPDATER", "1"),
                Map.entry("CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS", "1"),
                Map.entry("CLAUDE_CODE_MAX_RETRIES", "4"),
                Map.entry("CLAUDE_AGENT_SDK_CLIENT_APP", "ash"),
                Map.entry("IS_SANDBOX", "1")));
  }

  @Test
  void turnsThinkingOffWhenAsked() {
    assertThat(
            program(SessionSettings.NONE, thinking("{\"type\":\"disabled\"}"), Optional.empty())
                .environment())
        .containsEntry("MAX_THINKING_TOKENS", "0");
  }

  static Stream<TurnOptions> needAProcessOfTheirOwn() {
    var none = Optional.<String>empty();
    return Stream.of(
        new TurnOptions(
            false, Optional.of("m"), OptionalInt.empty(), OptionalDouble.empty(), none, none, none),
        new TurnOptions(false, none, OptionalInt.of(1), OptionalDouble.empty(), none, none, none),
        new TurnOptions(false, none, OptionalInt.empty(), OptionalDouble.of(1), none, none, none),
        new TurnOptions(
            false,
            none,
            OptionalInt.empty(),
            OptionalDouble.empty(),
            Optional.of("low"),
            none,
            none),
        thinking("{\"type\":\"disabled\"}"),
        new TurnOptions(
            false,
            none,
            OptionalInt.empty(),
            OptionalDouble.empty(),
            none,
            none,
            Optional.of("{}")));
  }

  @ParameterizedTest
  @MethodSource("needAProcessOfTheirOwn")
  void replacesTheProcessForOptionsThatAreArguments(TurnOptions options) {
    assertThat(driver.serves(TurnOptions.NONE, options)).isFalse();
    assertThat(driver.serves(options, TurnOptions.NONE)).isFalse();
  }

  @Test
  void keepsTheProcessWhenOnlyTheStreamDiffers() {
    var partials =
        new TurnOptions(
            true,
            Optional.empty(),
            OptionalInt.empty(),
            OptionalDouble.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    assertThat(driver.serves(TurnOptions.NONE, partials)).isTrue();
    assertThat(driver.serves(thinking("{\"type\":\"x\"}"), thinking("{\"type\":\"x\"}"))).isTrue();
  }

  @Test
  void countsTurnsOfEachProcessAnew() {
    var bounded =
        new TurnOptions(
            false,
            Optional.empty(),
            OptionalInt.of(2),
            OptionalDouble.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    assertThat(driver.serves(bounded, bounded)).isFalse();
  }

  @Test
  void writesAPromptOnOneLine() {
    assertThat(driver.prompt(new Prompt(2, "\"a\\nb\"", TurnOptions.NONE, true)))
        .isEqualTo(
            "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"a\\nb\"},"
                + "\"parent_tool_use_id\":null}");
    assertThat(
            driver.prompt(
                new Prompt(
                    1, "[\n{\"type\":\"text\",\r\"text\":\"x\"}\n]", TurnOptions.NONE, false)))
        .isEqualTo(
            "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":"
                + "[{\"type\":\"text\",\"text\":\"x\"}]},\"parent_tool_use_id\":null}");
  }

  @Test
  void interruptsByAControlRequest() {
    assertThat(driver.interrupt("i-1"))
        .isEqualTo(
            "{\"request_id\":\"i-1\",\"type\":\"control_request\","
                + "\"request\":{\"subtype\":\"interrupt\"}}");
  }

  @Test
  void findsTheTranscriptsWhereTheAgentPutsThem() {
    assertThat(driver.transcriptFolder("/workspace")).isEqualTo(".claude/projects/-workspace");
    assertThat(driver.transcriptFolder("/srv/a_b.c")).isEqualTo(".claude/projects/-srv-a-b-c");
  }

  @Test
  void writesHomeFilesThatAreJson() {
    assertThat(driver.homeFiles()).containsOnlyKeys(".claude.json");
    assertThat(driver.homeFiles().values()).allMatch(text -> Json.parse(text).isPresent());
  }

  @Test
  void tellsOfTheWayOutWithoutLeadingModelCallsThere() {
    var proxy = "http://127.0.0.1:3128";
    var without = program(SessionSettings.NONE, TurnOptions.NONE, Optional.empty()).environment();
    var with =
        program(
                SessionSettings.NONE,
                TurnOptions.NONE,
                Optional.empty(),
                Optional.of(proxy),
                Map.of())
            .environment();

    assertThat(with).containsAllEntriesOf(without);
    for (var name : List.of("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")) {
      assertThat(with).containsEntry(name, proxy);
    }
    for (var name : List.of("NO_PROXY", "no_proxy")) {
      assertThat(with.getOrDefault(name, "").split(","))
          .contains("model.ash.internal", "127.0.0.1");
    }
  }

  @Test
  void showsWhatTheNodeGivesAndKeepsTheAgentsCallsOnTheirSocket() {
    var given =
        Map.of(
            "ANTHROPIC_API_KEY", "real",
            "ANTHROPIC_CUSTOM_HEADERS", "x-gateway: g",
            "ASH_MODEL_BASE_URL", "https://gateway.example.org");
    var env =
        program(SessionSettings.NONE, TurnOptions.NONE, Optional.empty(), Optional.empty(), given)
            .environment();

    assertThat(env)
        .containsAllEntriesOf(given)
        .containsEntry("ANTHROPIC_BASE_URL", "http://model.ash.internal")
        .containsEntry("ANTHROPIC_UNIX_SOCKET", "/run/host/model.sock")
        .doesNotContainKey("ANTHROPIC_AUTH_TOKEN");
    var token =
        program(
                SessionSettings.NONE,
                TurnOptions.NONE,
                Optional.empty(),
                Optional.empty(),
                Map.of("ANTHROPIC_AUTH_TOKEN", "real"))
            .environment();
    assertThat(token)
        .containsEntry("ANTHROPIC_AUTH_TOKEN", "real")
        .doesNotContainKey("ANTHROPIC_API_KEY");
  }

  private Bridge.Agent.Program program(
      SessionSettings settings, TurnOptions options, Optional<SessionId> from) {
    return program(settings, options, from, Optional.empty(), Map.of());
  }

  private Bridge.Agent.Program program(
      SessionSettings settings,
      TurnOptions options,
      Optional<SessionId> from,
      Optional<String> proxy,
      Map<String, String> given) {
    var conversation =
        new Conversation(
            ID,
            settings,
            Map.of(
                "MINE", "1",
                "LANG", "de_DE.UTF-8",
                "PATH", "/evil",
                "LD_PRELOAD", "/evil.so",
                "ANTHROPIC_BASE_URL", "http://evil",
                "ANTHROPIC_API_KEY", "k",
                "ANTHROPIC_CUSTOM_HEADERS", "x: y",
                "CLAUDE_CONFIG_DIR", "/evil",
                "ASH_SESSION_ID", "other"),
            given,
            "/opt/agent/claude",
            "/run/host",
            "/workspace",
            "/home/agent",
            proxy,
            from);
    return (Bridge.Agent.Program) driver.process(conversation, options);
  }

  private static TurnOptions thinking(String json) {
    return new TurnOptions(
        false,
        Optional.empty(),
        OptionalInt.empty(),
        OptionalDouble.empty(),
        Optional.empty(),
        Optional.of(json),
        Optional.empty());
  }

  private static List<String> with(String... more) {
    return Stream.concat(ALWAYS.stream(), Stream.of(more)).toList();
  }
}
