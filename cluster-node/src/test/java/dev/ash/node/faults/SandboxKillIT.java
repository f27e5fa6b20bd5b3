package dev.ash.node.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ash.node.e2e.StartedNode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code kill -9} of what a session's turn runs in, while the node lives. */
final class SandboxKillIT {
  private static final String BUBBLEWRAP = "/bwrap";
  private static final String BRIDGE = "/java";
  private static final String LONG =
      "MOCK:{\"messages\":300,\"chunks\":1,\"chunkDelayMs\":20,\"text\":\"word\","
          + "\"write\":{\"path\":\"in-turn.txt\",\"text\":\"early\"}}";

  private static @Nullable StartedNode started;

  @BeforeAll
  static void start() throws IOException {
    var node = StartedNode.start(Map.of("ASH_MAX_SANDBOXES", "50"));
    started = node;
    node.client().post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
  }

  @AfterAll
  static void stop() throws IOException {
    if (started != null) {
      started.close();
    }
  }

  private static StartedNode node() {
    if (started == null) {
      throw new IllegalStateException("the node has not started");
    }
    return started;
  }

  /** The topmost process of that kind: bubblewrap's inner process is of the same program. */
  private static ProcessHandle find(String program) {
    return await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                node().descendants().stream()
                    .filter(p -> p.info().command().orElse("").endsWith(program))
                    .findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  private static long sandboxesMade(String session) {
    return node()
        .client()
        .get("/api/sessions/" + session + "/logs")
        .expect(200)
        .json()
        .get("logs")
        .findValuesAsText("text")
        .stream()
        .filter(line -> line.startsWith("Sandbox created"))
        .count();
  }

  @ParameterizedTest
  @ValueSource(strings = {BUBBLEWRAP, BRIDGE})
  void aTurnGoesOnAndItsStreamStaysOpen(String victim) throws Exception {
    var client = node().client();
    var session = client.createSession("a");
    client.say(session, "MOCK:{\"write\":{\"path\":\"first.txt\",\"text\":\"one\"}}");
    try (var turn = Watcher.of(client.send(session, LONG)).await(80, Evidence::isMessage)) {
      var below = node().descendants();
      assertThat(find(victim).destroyForcibly()).isTrue();
      var seen = turn.awaitEnd().frames();

      assertThat(turn.broke()).isEmpty();
      assertThat(seen.getLast().event()).isEqualTo("done");
      assertThat(Evidence.count(seen, "turn_continued")).isEqualTo(1);
      Evidence.assertGone(below);
      var replay = Evidence.replay(node(), session, 2);
      Evidence.assertWhole(replay, seen, List.of());
      Evidence.assertHistories(client, session, replay);
      assertThat(client.get("/api/sessions/" + session + "/files/first.txt?format=raw").text())
          .isEqualTo("one");
      assertThat(client.get("/api/sessions/" + session + "/files/in-turn.txt?format=raw").text())
          .isEqualTo("early");
    }
    client.delete("/api/sessions/" + session).expect(200);
    await().untilAsserted(() -> assertThat(node().descendants()).isEmpty());
  }

  @Test
  void aTurnThatLosesItsSandboxAgainAndAgainEndsWithAnError() throws Exception {
    var client = node().client();
    var session = client.createSession("a");
    try (var turn = Watcher.of(client.send(session, "MOCK:{\"messages\":0,\"hang\":true}"))) {
      for (var kills = 0; kills < 4; kills++) {
        var had = kills;
        await()
            .atMost(Duration.ofSeconds(30))
            .untilAsserted(
                () -> {
                  assertThat(Evidence.count(turn.frames(), "turn_continued"))
                      .as(turn::text)
                      .isEqualTo(had);
                  assertThat(sandboxesMade(session)).isEqualTo(had + 1);
                });
        var top = find(BUBBLEWRAP);
        top.destroyForcibly();
        Evidence.assertGone(List.of(top));
      }
      var seen = turn.awaitEnd().frames();
      assertThat(turn.broke()).isEmpty();
      assertThat(seen).extracting(f -> f.event()).endsWith("error", "done");
      assertThat(Evidence.count(seen, "error")).isEqualTo(1);
    }
    assertThat(client.say(session, "hello"))
        .extracting(f -> f.event())
        .endsWith("done")
        .doesNotContain("error");
    client.delete("/api/sessions/" + session).expect(200);
    await().untilAsserted(() -> assertThat(node().descendants()).isEmpty());
  }
}
