package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.node.e2e.EventStream.Frame;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The real agent with a model whose answers the prompt holds. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RealAgentIT {
  private RealAgent agent;

  @BeforeAll
  void start() throws IOException {
    agent = RealAgent.start();
    AgentFolders.plain(agent.client(), "real");
  }

  @AfterAll
  void end() throws IOException {
    if (agent != null) {
      agent.close();
    }
  }

  @Test
  void aFileWrittenByTheAgentsToolIsListedAndRead() {
    var id = agent.client().createSession("real");

    var frames =
        agent.client().say(id, "Create a file hello.txt with the text 'Hello from Ash' please.");

    assertThat(frames).extracting(Frame::event).startsWith("session_start").endsWith("done");
    assertThat(frames).extracting(Frame::event).contains("tool_use", "tool_result");
    assertThat(frames.getFirst().id()).isNotEmpty();
    assertThat(agent.client().get("/api/sessions/" + id + "/files").text()).contains("hello.txt");
    assertThat(agent.client().get("/api/sessions/" + id + "/files/hello.txt").expect(200).text())
        .isNotEmpty();
  }

  @Test
  void theConversationIsRememberedAcrossPauseRestartAndResumeAndInAFork() throws IOException {
    var id = agent.client().createSession("real");
    agent.client().say(id, "The code word is BLUEBIRD-7.");
    agent.client().post("/api/sessions/" + id + "/pause").expect(200);

    assertThat(agent.node().terminate()).as(agent.node().output()).isZero();
    agent.node().restart();
    agent.client().post("/api/sessions/" + id + "/resume").expect(200);
    assertThat(answer(agent.client().say(id, "RECALL"))).contains("BLUEBIRD-7");

    var child =
        agent.client().post("/api/sessions/" + id + "/fork").expect(201).json().at("/session/id");
    agent.client().post("/api/sessions/" + child.asText() + "/resume").expect(200);
    assertThat(answer(agent.client().say(child.asText(), "RECALL"))).contains("BLUEBIRD-7");
    agent.client().say(child.asText(), "Only the child hears REDSTART-9.");
    assertThat(answer(agent.client().say(id, "RECALL"))).doesNotContain("REDSTART-9");
  }

  @Test
  void aSessionsOwnKeyReachesTheModelAndNotTheSandbox() {
    var client = agent.client();
    var stored =
        client
            .post("/api/credentials", "{\"type\":\"anthropic\",\"key\":\"sk-of-the-session\"}")
            .expect(201);
    var credential = stored.json().at("/credential/id").asText();
    var id =
        client.createSession(
            StrictClient.object().put("agent", "real").put("credentialId", credential));
    var before = agent.model().calls().size();

    assertThat(answer(client.say(id, "SCN:[\"with my key\"]"))).contains("with my key");

    var calls = agent.model().calls();
    assertThat(calls.subList(before, calls.size()))
        .isNotEmpty()
        .allSatisfy(call -> assertThat(call.header("x-api-key")).contains("sk-of-the-session"));
    var inside = client.exec(id, "env; cat /proc/*/environ; grep -rIl sk-of-the /workspace /tmp");
    assertThat(inside.toString()).doesNotContain("sk-of-the-session");
    assertThat(client.get("/api/credentials").text()).doesNotContain("\"lastUsedAt\":null");
  }

  @Test
  void aKeyInTheSessionsEnvironmentGoesToTheModelOnly() {
    var client = agent.client();
    var request = StrictClient.object().put("agent", "real");
    request.putObject("extraEnv").put("ANTHROPIC_AUTH_TOKEN", "canary-given-to-the-session");
    var id = client.createSession(request);
    var before = agent.model().calls().size();

    assertThat(answer(client.say(id, "SCN:[\"with the token\"]"))).contains("with the token");

    var calls = agent.model().calls();
    assertThat(calls.subList(before, calls.size()))
        .isNotEmpty()
        .allSatisfy(
            call -> {
              assertThat(call.header("authorization"))
                  .contains("Bearer canary-given-to-the-session");
              assertThat(call.headers().toString()).doesNotContain(RealAgent.KEY);
            });
    var inside = client.exec(id, "env; cat /proc/*/environ; grep -rIl canary-given /tmp");
    assertThat(inside.toString()).doesNotContain("canary-given-to-the-session");
    request.putObject("extraEnv").put("ANTHROPIC_BASE_URL", "http://evil");
    assertThat(client.post("/api/sessions", request.toString()).expect(400).text())
        .contains("extraEnv: ANTHROPIC_BASE_URL (expected: ");
  }

  @Test
  void aRunningCommandIsInterrupted() {
    var id = agent.client().createSession("real");
    try (var turn =
        agent
            .client()
            .send(
                id,
                "SCN:[{\"tool\":\"Bash\",\"input\":{\"command\":\"touch began; sleep 300\"}},"
                    + "\"never said\"]")) {
      turn.upTo("tool_use");
      agent.client().post("/api/sessions/" + id + "/interrupt").expect(200);

      var rest = turn.rest();
      assertThat(rest.getLast().event()).isEqualTo("done");
      assertThat(rest).noneMatch(frame -> frame.data().contains("\"text\":\"never said\""));
    }
    assertThat(answer(agent.client().say(id, "SCN:[\"back again\"]"))).contains("back again");
    assertThat(agent.client().exec(id, "pgrep -f '[s]leep 300'").get("exitCode").asInt())
        .isNotZero();
  }

  @Test
  void partialMessagesComeOnlyWhenWanted() {
    var id = agent.client().createSession("real");
    var text = "a text that is longer than one chunk of the model";
    var with = prompt("SCN:[\"" + text + "\"]").put("includePartialMessages", true);

    var frames = rest(id, with);
    assertThat(
            frames.stream()
                .filter(frame -> frame.event().equals("text_delta"))
                .map(frame -> frame.json().get("delta").asText())
                .reduce("", String::concat))
        .isEqualTo(text);
    assertThat(frames).anyMatch(frame -> frame.type().equals("stream_event"));

    var without = rest(id, prompt("SCN:[\"" + text + "\"]"));
    assertThat(without).noneMatch(frame -> frame.type().equals("stream_event"));
    assertThat(without).noneMatch(frame -> frame.event().equals("text_delta"));
    assertThat(answer(without)).contains(text);
  }

  @Test
  void aFailingModelEndsInDone() {
    var id = agent.client().createSession("real");

    var overloaded =
        agent.client().say(id, "SCN:[{\"error\":529,\"times\":1,\"text\":\"after all\"}]");
    assertThat(overloaded.getLast().event()).isEqualTo("done");
    assertThat(answer(overloaded)).contains("after all");

    var refused = agent.client().say(id, "SCN:[{\"error\":400}]");
    assertThat(refused.getLast().event()).isEqualTo("done");
    assertThat(refused).anyMatch(frame -> frame.data().contains("\"is_error\":true"));

    assertThat(answer(agent.client().say(id, "SCN:[\"goes on\"]"))).contains("goes on");
  }

  @Test
  void optionsOfAMessageReachTheModel() {
    var id = agent.client().createSession("real");

    rest(id, prompt("MARK-MODEL please").put("model", "claude-haiku-4-5"));
    assertThat(requests("MARK-MODEL")).isNotEmpty().allMatch(b -> b.contains("claude-haiku-4-5"));

    var bash = "{\"tool\":\"Bash\",\"input\":{\"command\":\"true\"}}";
    var turns = rest(id, prompt("SCN:[" + bash + "," + bash + "," + bash + "]").put("maxTurns", 1));
    assertThat(turns).anyMatch(frame -> frame.data().contains("error_max_turns"));
    assertThat(turns.getLast().event()).isEqualTo("done");

    var structured = prompt("MARK-FORMAT SCN:[\"no structure\"]");
    structured
        .putObject("outputFormat")
        .put("type", "json_schema")
        .set("schema", StrictClient.json("{\"type\":\"object\",\"properties\":{\"a1b2c3\":{}}}"));
    var formatted = rest(id, structured);
    assertThat(formatted.getLast().event()).isEqualTo("done");
    assertThat(formatted).anyMatch(frame -> frame.data().contains("StructuredOutput"));
  }

  @Test
  void theNodesKeyReachesTheModelAndNotTheSandbox() {
    var id = agent.client().createSession("real");
    agent.client().say(id, "MARK-KEY");

    assertThat(agent.model().calls())
        .filteredOn(call -> call.body().contains("MARK-KEY"))
        .isNotEmpty()
        .allMatch(call -> call.header("x-api-key").orElse("").equals(RealAgent.KEY));
    assertThat(
            agent
                .client()
                .exec(
                    id, "cat /proc/*/environ; env; cat ~/.claude.json; grep -r canary-37b2 ~ /run")
                .toString())
        .doesNotContain(RealAgent.KEY);
  }

  private List<String> requests(String mark) {
    return agent.model().calls().stream()
        .map(call -> call.body())
        .filter(body -> body.contains(mark))
        .toList();
  }

  private List<Frame> rest(String id, ObjectNode message) {
    try (var stream = agent.client().send(id, message)) {
      return stream.rest();
    }
  }

  private static ObjectNode prompt(String text) {
    return StrictClient.object().put("content", text);
  }

  private static String answer(List<Frame> frames) {
    return frames.stream()
        .filter(frame -> frame.type().equals("assistant"))
        .map(Frame::data)
        .reduce("", String::concat);
  }
}
