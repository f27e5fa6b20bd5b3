package dev.ash.node.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ash.node.e2e.StartedNode;
import dev.ash.node.e2e.StrictClient;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A node that is killed while it runs evals takes them up again, and asks nothing twice. */
final class EvalKillIT {
  private static final String RUNS = "/api/agents/a/eval-runs";

  @Test
  void everyCaseIsAskedOnce() throws Exception {
    try (var node = StartedNode.start(Map.of())) {
      node.client().post("/api/agents", "{\"name\":\"a\"}").expect(201);
      var cases = StrictClient.object();
      var list = cases.putArray("cases");
      for (var i = 0; i < 6; i++) {
        list.addObject()
            .put(
                "question",
                "MOCK:{\"messages\":60,\"chunks\":1,\"chunkDelayMs\":25,\"text\":\"answer-%d\"}"
                    .formatted(i))
            .putArray("expectedTopics")
            .add("answer-" + i);
      }
      node.client().post("/api/agents/a/eval-cases/import", cases.toString()).expect(200);
      var run = node.client().post(RUNS, "{}").expect(201).json().at("/run/id").asText();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> sessions(node).size() >= 2 && status(node, run).equals("running"));
      node.kill9();
      node.restart();

      await()
          .atMost(Duration.ofSeconds(90))
          .until(() -> status(node, run), status -> !status.matches("pending|running"));
      var row = node.client().get(RUNS + "/" + run).expect(200).json().get("run");
      assertThat(row.get("status").asText()).isEqualTo("completed");
      assertThat(row.get("completedCases").asInt()).isEqualTo(6);
      assertThat(row.at("/summary/passRate").asDouble()).isEqualTo(1);
      var asked = sessions(node);
      assertThat(asked).hasSize(6);
      for (var session : asked) {
        var messages =
            node.client().get("/api/sessions/" + session + "/messages").expect(200).json();
        assertThat(messages.get("messages").findValuesAsText("role"))
            .filteredOn("user"::equals)
            .hasSize(1);
      }
    }
  }

  private static Set<String> sessions(StartedNode node) {
    return new HashSet<>(
        node.client().get("/api/sessions?agent=a").expect(200).json().findValuesAsText("id"));
  }

  private static String status(StartedNode node, String run) {
    return node.client().get(RUNS + "/" + run).expect(200).json().at("/run/status").asText();
  }
}
