package dev.ash.node.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ash.node.e2e.StartedNode;
import dev.ash.node.e2e.StrictClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code kill -9} of a node in the middle of its queue: every item ends, and ends once. */
final class QueueKillIT {
  private static final int ITEMS = 24;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @Test
  void everyItemIsAnsweredOnceWhateverTheNodeWasAt() throws Exception {
    try (var node = StartedNode.start(Map.of("ASH_QUEUE_PARALLEL", "6"))) {
      node.client().post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
      var ids = new ArrayList<String>();
      for (var i = 0; i < ITEMS; i++) {
        ids.add(add(node.client(), i));
      }
      // Once while the first are being begun, and again while others are in mid-turn.
      awaitStatus(node.client(), "processing", 1);
      node.kill9();
      node.restart();
      awaitStatus(node.client(), "completed", ITEMS / 4);
      node.kill9();
      node.restart();
      awaitStatus(node.client(), "completed", ITEMS);

      var client = node.client();
      var sessions = new HashSet<String>();
      for (var i = 0; i < ITEMS; i++) {
        var item = client.get("/api/queue/" + ids.get(i)).expect(200).json().get("item");
        assertThat(item.get("retryCount").asInt()).isZero();
        var session = item.get("sessionId").asText();
        assertThat(sessions.add(session)).as("a session of its own").isTrue();
        assertThat(Evidence.asked(client, session))
            .singleElement()
            .asString()
            .contains("item " + i + ".");
        // The mock says a result in a first turn only, and not when it goes on with one.
        assertThat(Evidence.journal(node.dataDir(), session)).containsOnlyOnce("turn-ended");
      }
      // No attempt has left a second session behind.
      assertThat(client.get("/api/sessions").json().get("sessions").findValuesAsText("id"))
          .containsExactlyInAnyOrderElementsOf(sessions);
    }
  }

  private static String add(StrictClient client, int number) {
    var prompt =
        "MOCK:{\"messages\":10,\"chunks\":1,\"chunkDelayMs\":20,\"text\":\"item %d.\"}"
            .formatted(number);
    return client
        .post(
            "/api/queue",
            StrictClient.object().put("agentName", "a").put("prompt", prompt).toString())
        .expect(201)
        .json()
        .at("/item/id")
        .asText();
  }

  private static void awaitStatus(StrictClient client, String status, int count) {
    await()
        .atMost(LIMIT)
        .until(() -> client.get("/api/queue/stats").json().at("/stats/" + status).asInt() >= count);
  }
}
