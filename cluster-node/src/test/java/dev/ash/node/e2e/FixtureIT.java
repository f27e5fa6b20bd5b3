package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the other tests of this package stand on. */
final class FixtureIT {
  @Test
  void aNodeCanBeKilledEndedAndStartedAgainOnItsData() throws IOException {
    var env = Map.of("ASH_INTERNAL_SECRET", "canary-88f0-internal");
    try (var node = StartedNode.start(env)) {
      assertThat(node.client().get("/health").expect(200).json().get("status").asText())
          .isEqualTo("ok");
      node.client()
          .post("/api/agents", "{\"name\":\"kept\",\"systemPrompt\":\"# kept\"}")
          .expect(201);
      var session = node.client().createSession("kept");
      node.client().say(session, "hello");
      var below = node.descendants();
      assertThat(below).isNotEmpty();

      node.kill9();
      assertThat(node.isAlive()).isFalse();
      await().untilAsserted(() -> assertThat(below).noneMatch(ProcessHandle::isAlive));
      node.restart();
      assertThat(node.client().get("/api/agents/kept").status()).isEqualTo(200);

      node.terminate();
      node.restart();
      assertThat(node.client().get("/api/sessions/" + session).status()).isEqualTo(200);
    }
  }
}
