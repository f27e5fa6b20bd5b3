package dev.ash.node.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ash.node.e2e.EventStream.Frame;
import dev.ash.node.e2e.StartedNode;
import dev.ash.node.e2e.StrictClient;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code kill -9} of a node, and of the agent under it, while the real agent uses tools. */
final class RealAgentKillIT {
  private static final String WORK =
      "Work. SCN:[{\"tool\":\"Write\",\"input\":{\"file_path\":\"/workspace/kept.txt\","
          + "\"content\":\"kept\"}},"
          + "{\"tool\":\"Bash\",\"input\":{\"command\":"
          + "\"until test -e /workspace/go; do sleep 0.2; done\",\"timeout\":60000}},"
          + "\"all done\"]";

  private @Nullable ScriptedModel model;
  private @Nullable StartedNode started;

  @BeforeEach
  void start() throws IOException {
    RealAgent.program();
    var scripted = ScriptedModel.start(0);
    model = scripted;
    started = StartedNode.start(RealAgent.environment(scripted, Map.of()));
    node().client().post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
  }

  @AfterEach
  void stop() throws IOException {
    if (started != null) {
      started.close();
    }
    if (model != null) {
      model.close();
    }
  }

  private StartedNode node() {
    if (started == null) {
      throw new IllegalStateException("the node has not started");
    }
    return started;
  }

  /** Begins a turn, and returns when its second tool runs and the work of the first is stored. */
  private Watcher working(String session) {
    var client = node().client();
    client.say(session, "Remember the word heliotrope.");
    var saves = saves(session);
    var turn = Watcher.of(client.send(session, WORK));
    turn.await(2, frame -> frame.event().equals("tool_use"));
    await().atMost(Duration.ofSeconds(20)).until(() -> saves(session) > saves);
    return turn;
  }

  private long saves(String session) {
    return Evidence.journal(node().dataDir(), session).stream()
        .filter("workspace-saved"::equals)
        .count();
  }

  private static void letGo(StrictClient client, String session) {
    client
        .post(
            "/api/sessions/" + session + "/files",
            "{\"files\":[{\"path\":\"go\",\"content\":\"\"}]}")
        .expect(200);
  }

  private void assertGoesOn(String session, List<Frame> replay) {
    assertThat(Evidence.count(replay, "turn_continued")).isEqualTo(1);
    assertThat(Evidence.count(replay, "error")).isZero();
    var calls =
        replay.stream()
            .filter(frame -> frame.event().equals("tool_use"))
            .map(frame -> frame.json().path("id").asText())
            .toList();
    var results = replay.stream().filter(frame -> frame.event().equals("tool_result")).toList();
    assertThat(results)
        .extracting(frame -> frame.json().path("tool_use_id").asText())
        .containsExactlyInAnyOrderElementsOf(calls);
    assertThat(results).anyMatch(frame -> frame.data().contains("Interrupted: "));
    Evidence.assertHistories(node().client(), session, replay);
    var client = node().client();
    assertThat(client.get("/api/sessions/" + session + "/files/kept.txt?format=raw").text())
        .isEqualTo("kept");
    var recalled = client.say(session, "RECALL");
    assertThat(recalled)
        .filteredOn(frame -> frame.event().equals("turn_complete"))
        .singleElement()
        .satisfies(frame -> assertThat(frame.data()).contains("heliotrope", "Work. SCN:"));
  }

  @Test
  void theTurnOfAKilledNodeGoesOnByItself() throws Exception {
    var session = node().client().createSession("a");
    var before = working(session);
    var below = node().descendants();
    node().kill9();
    var seen = before.awaitEnd().frames();
    Evidence.assertGone(below);

    node().restart();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> Evidence.journal(node().dataDir(), session).contains("turn-continued"));
    try (var after = Watcher.of(node().client().follow(session, seen.getLast().id()))) {
      letGo(node().client(), session);
      after.await("done");

      var replay = Evidence.replay(node(), session, 2);
      Evidence.assertWhole(replay, seen, after.frames());
      assertGoesOn(session, replay);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/claude", "/bwrap"})
  void theTurnOfAKilledAgentGoesOnInTheSameStream(String program) throws Exception {
    var session = node().client().createSession("a");
    try (var turn = working(session)) {
      var victim =
          node().descendants().stream()
              .filter(process -> process.info().command().orElse("").endsWith(program))
              .findFirst()
              .orElseThrow();
      victim.destroyForcibly();
      turn.await("turn_continued");
      letGo(node().client(), session);
      var seen = turn.awaitEnd().frames();

      assertThat(turn.broke()).isEmpty();
      assertThat(seen.getLast().event()).isEqualTo("done");
      var replay = Evidence.replay(node(), session, 2);
      Evidence.assertWhole(replay, seen, List.of());
      assertGoesOn(session, replay);
    }
  }
}
