package dev.ash.node.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ash.node.e2e.StartedNode;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code kill -9} of a node whose agent is the mock. */
final class NodeKillIT {
  private static final String LONG =
      "MOCK:{\"messages\":400,\"chunks\":1,\"chunkDelayMs\":20,\"text\":\"word\","
          + "\"write\":{\"path\":\"made/in-turn.txt\",\"text\":\"early\"}}";

  private static long saves(StartedNode node, String session) {
    return Evidence.journal(node.dataDir(), session).stream()
        .filter("workspace-saved"::equals)
        .count();
  }

  private static void deploy(StartedNode node) {
    node.client().post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
  }

  @Test
  void aTurnGoesOnByItselfAndNoEventIsLostOrDoubled() throws Exception {
    try (var node = StartedNode.start(Map.of())) {
      deploy(node);
      var session = node.client().createSession("a");
      node.client().say(session, "MOCK:{\"write\":{\"path\":\"first.txt\",\"text\":\"one\"}}");

      var saves = saves(node, session);
      var before = Watcher.of(node.client().send(session, LONG)).await(40, Evidence::isMessage);
      // What a tool made is stored a second later; what is younger may be lost with its node.
      await().atMost(Duration.ofSeconds(20)).until(() -> saves(node, session) > saves);
      var below = node.descendants();
      assertThat(below).isNotEmpty();
      node.kill9();
      var seen = before.awaitEnd().frames();
      assertThat(Evidence.count(seen, "done")).isZero();
      Evidence.assertGone(below);

      node.restart();
      Evidence.awaitEnds(node, session, 2);

      var client = node.client();
      var replay = Evidence.replay(node, session, 2);
      assertThat(Evidence.count(replay, "turn_continued")).isEqualTo(1);
      try (var after = Watcher.of(client.follow(session, seen.getLast().id()))) {
        Evidence.assertWhole(replay, seen, after.await("done").frames());
      }
      Evidence.assertHistories(client, session, replay);
      assertThat(client.get("/api/sessions/" + session + "/files/first.txt?format=raw").text())
          .isEqualTo("one");
      assertThat(
              client.get("/api/sessions/" + session + "/files/made/in-turn.txt?format=raw").text())
          .isEqualTo("early");
      assertThat(client.say(session, "hello"))
          .extracting(frame -> frame.event())
          .endsWith("done")
          .doesNotContain("error");
    }
  }

  @Test
  void aKillBetweenTurnsChangesNothing() throws Exception {
    try (var node = StartedNode.start(Map.of())) {
      deploy(node);
      var running = node.client().createSession("a");
      node.client().say(running, "MOCK:{\"write\":{\"path\":\"first.txt\",\"text\":\"one\"}}");
      var paused = node.client().createSession("a");
      node.client().say(paused, "hello");
      node.client().post("/api/sessions/" + paused + "/pause").expect(200);
      var fork = node.client().post("/api/sessions/" + running + "/fork").expect(201).json();
      var before = Evidence.replay(node, running, 1);
      node.kill9();
      node.restart();

      var client = node.client();
      assertThat(Evidence.replay(node, running, 1)).isEqualTo(before);
      assertThat(client.get("/api/sessions").json().get("sessions").findValuesAsText("id"))
          .containsExactlyInAnyOrder(running, paused, fork.get("session").get("id").asText());
      assertThat(client.get("/api/sessions/" + paused).json().at("/session/status").asText())
          .isEqualTo("paused");
      assertThat(client.get("/api/sessions/" + running + "/files/first.txt?format=raw").text())
          .isEqualTo("one");
      assertThat(client.say(running, "hello"))
          .extracting(frame -> frame.event())
          .endsWith("done")
          .doesNotContain("error");
    }
  }
}
