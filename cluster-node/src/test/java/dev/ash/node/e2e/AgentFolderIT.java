package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.node.e2e.EventStream.Frame;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an agent's folder says beside CLAUDE.md is what the real agent goes by. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AgentFolderIT {
  /** An MCP server with one tool, which tells the word that is the script's argument. */
  private static final String SERVER =
      """
      while read -r line; do
        id=$(printf '%s' "$line" | sed -n 's/.*"id":\\([0-9]*\\).*/\\1/p')
        case $line in
          *'"initialize"'*) result='{"protocolVersion":"2024-11-05","capabilities":{"tools":{}},
            "serverInfo":{"name":"words","version":"1"}}' ;;
          *'"tools/list"'*) result='{"tools":[{"name":"tell","description":"Tells a word",
            "inputSchema":{"type":"object"}}]}' ;;
          *'"tools/call"'*) result='{"content":[{"type":"text","text":"it is '"$1"'"}]}' ;;
          *) continue ;;
        esac
        printf '{"jsonrpc":"2.0","id":%s,"result":%s}\\n' "$id" "$result" | tr -d '\\n'
        echo
      done
      """;

  private RealAgent agent;

  @BeforeAll
  void start() throws IOException {
    agent = RealAgent.start();
  }

  @AfterAll
  void end() throws IOException {
    if (agent != null) {
      agent.close();
    }
  }

  @ParameterizedTest
  @CsvSource({"default,false", "permissionsByAgent,false", "bypassPermissions,true"})
  void thePermissionRulesHoldInEveryMode(String mode, boolean runsWhatNoRuleNames) {
    var rules =
        "{\"permissions\":{\"allow\":[\"Bash(echo:*)\"],"
            + "\"deny\":[\"Bash(touch:*)\",\"Read(./secret.txt)\"]}}";
    var name = "ruled-" + mode;
    deploy(name, Map.of(".claude/settings.json", rules, "secret.txt", "the secret text"));
    var id =
        agent
            .client()
            .createSession(StrictClient.object().put("agent", name).put("permissionMode", mode));

    var results =
        results(
            id,
            bash("touch forbidden"),
            bash("echo permitted"),
            bash("mkdir unnamed"),
            call("Read", StrictClient.object().put("file_path", "/workspace/secret.txt")));

    assertThat(results).hasSize(4);
    assertThat(isError(results.get(0))).as("denied: " + results).isTrue();
    assertThat(results.get(1).data()).contains("permitted");
    assertThat(isError(results.get(1))).as("allowed: " + results).isFalse();
    assertThat(isError(results.get(2)))
        .as("not named: " + results)
        .isNotEqualTo(runsWhatNoRuleNames);
    assertThat(results.get(3).data()).doesNotContain("the secret text");
    var made = agent.client().exec(id, "ls").get("stdout").asText();
    assertThat(made).doesNotContain("forbidden");
    assertThat(made.contains("unnamed")).isEqualTo(runsWhatNoRuleNames);
  }

  @Test
  void theFoldersServersAndTheSessionsAreCalled() {
    var servers = StrictClient.object();
    servers.putObject("mcpServers").setAll(servers("folder", "heron", "both", "grebe"));
    deploy("served", Map.of(".mcp.json", servers.toString(), "bin/words.sh", SERVER));
    var request = StrictClient.object().put("agent", "served");
    request.set("mcpServers", servers("both", "siskin", "session", "dunlin"));
    var id = agent.client().createSession(request);

    var before = results(id, tell("folder"), tell("both"), tell("session"));

    assertThat(before).hasSize(3);
    assertThat(before.get(0).data()).contains("it is heron");
    assertThat(before.get(1).data()).contains("it is siskin");
    assertThat(before.get(2).data()).contains("it is dunlin");

    agent.client().post("/api/sessions/" + id + "/stop").expect(200);
    agent.client().post("/api/sessions/" + id + "/resume").expect(200);
    assertThat(results(id, tell("session")).getFirst().data()).contains("it is dunlin");
    var plain = agent.client().createSession("served");
    assertThat(results(plain, tell("both")).getFirst().data()).contains("it is grebe");
  }

  @Test
  void aSkillIsKnownAndRead() {
    var skill =
        """
        ---
        name: dusk-count
        description: MARK-SKILL counts herons at dusk
        ---
        MARK-BODY Count twice.
        """;
    deploy("skilled", Map.of(".claude/skills/dusk-count/SKILL.md", skill));
    var id = agent.client().createSession("skilled");

    say(id, "\"known\"");
    assertThat(sent("MARK-SKILL")).isNotEmpty();
    assertThat(sent("MARK-BODY")).isEmpty();

    say(id, call("Skill", StrictClient.object().put("skill", "dusk-count")) + ",\"read\"");
    assertThat(sent("MARK-BODY")).isNotEmpty();
  }

  @Test
  void aSubagentOfTheFolderAnswers() {
    var subagent =
        """
        ---
        name: ornithologist
        description: MARK-SUBAGENT names birds
        ---
        MARK-BIRDS
        """;
    deploy("delegating", Map.of(".claude/agents/ornithologist.md", subagent));
    var id = agent.client().createSession("delegating");
    var task =
        StrictClient.object()
            .put("description", "name it")
            .put("subagent_type", "ornithologist")
            .put("run_in_background", false)
            .put("prompt", "SCN:[\"that was a dunlin\"]");

    var results = results(id, call("Agent", task));

    assertThat(sent("MARK-SUBAGENT")).isNotEmpty();
    assertThat(sent("MARK-BIRDS")).isNotEmpty();
    assertThat(results.toString()).contains("that was a dunlin");
  }

  @Test
  void hooksVariablesInstructionsAndCommandsAreTheFolders() {
    var settings =
        """
        {"env":{"BIRD":"plover"},"hooks":{"PostToolUse":[{"matcher":"Bash","hooks":
          [{"type":"command","command":"echo hooked >> hooks.log"}]}]}}""";
    deploy(
        "hooked",
        Map.of(
            ".claude/settings.json",
            settings,
            ".claude/commands/greet.md",
            "MARK-COMMAND $ARGUMENTS",
            "CLAUDE.md",
            "MARK-INSTRUCTIONS\n"));
    var id = agent.client().createSession("hooked");

    assertThat(results(id, bash("echo $BIRD")).getFirst().data()).contains("plover");
    assertThat(agent.client().exec(id, "cat hooks.log").get("stdout").asText())
        .isEqualTo("hooked\n");
    assertThat(sent("MARK-INSTRUCTIONS")).isNotEmpty();
    agent.client().say(id, "/greet the heron");
    assertThat(sent("MARK-COMMAND the heron")).isNotEmpty();
  }

  private void deploy(String name, Map<String, String> files) {
    agent.client().post("/api/agents", AgentFolders.upload(name, files).toString()).expect(201);
  }

  /** What came of calls that the model makes one after the other. */
  private List<Frame> results(String id, String... calls) {
    return say(id, String.join(",", calls) + ",\"end\"").stream()
        .filter(frame -> frame.event().equals("tool_result"))
        .toList();
  }

  private List<Frame> say(String id, String steps) {
    return agent.client().say(id, "SCN:[" + steps + "]");
  }

  private static boolean isError(Frame result) {
    return result.json().path("is_error").asBoolean();
  }

  private static String bash(String command) {
    return call("Bash", StrictClient.object().put("command", command));
  }

  private static String tell(String server) {
    return call("mcp__" + server + "__tell", StrictClient.object());
  }

  private static String call(String tool, ObjectNode input) {
    return StrictClient.object().put("tool", tool).set("input", input).toString();
  }

  private static ObjectNode servers(String... namesAndWords) {
    var servers = StrictClient.object();
    for (var i = 0; i < namesAndWords.length; i += 2) {
      servers
          .putObject(namesAndWords[i])
          .put("command", "sh")
          .putArray("args")
          .add("bin/words.sh")
          .add(namesAndWords[i + 1]);
    }
    return servers;
  }

  private List<String> sent(String mark) {
    return agent.model().calls().stream()
        .map(call -> call.body())
        .filter(body -> body.contains(mark))
        .toList();
  }
}
