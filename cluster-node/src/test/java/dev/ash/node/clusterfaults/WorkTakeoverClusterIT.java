package dev.ash.node.clusterfaults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.StrictClient;
import dev.ash.node.faults.Evidence;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * {@code kill -9} of a node that works on queue items and eval cases and never comes back: the
 * other one ends what it had begun, once.
 */
@Tag("cluster")
final class WorkTakeoverClusterIT {
  private static final int ITEMS = 12;
  private static final int CASES = 8;
  private static final String RUNS = "/api/agents/a/eval-runs";
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @Test
  void theOtherNodeEndsEveryItemAndCase() throws Exception {
    try (var postgres = TestPostgres.start("127.0.0.1");
        var cluster =
            TestCluster.start(
                postgres, 2, Map.of("ASH_QUEUE_PARALLEL", "3", "ASH_EVAL_PARALLEL", "2"))) {
      var staying = cluster.node(1).client();
      var items = new ArrayList<String>();
      for (var n = 0; n < ITEMS; n++) {
        items.add(add(staying, n));
      }
      var run = begin(cluster.node(0).client());
      await(() -> owners(postgres, "queue_items", "processing").size() == 2);
      await(() -> owners(postgres, "eval_results", "running").size() == 2);

      cluster.node(0).kill9();
      await(() -> staying.get("/api/queue/stats").json().at("/stats/completed").asInt() == ITEMS);
      await(() -> !status(staying, run).matches("pending|running"));

      var sessions = new HashSet<String>();
      for (var n = 0; n < ITEMS; n++) {
        var item = staying.get("/api/queue/" + items.get(n)).expect(200).json().get("item");
        assertThat(item.get("retryCount").asInt()).as(item.toString()).isZero();
        var session = item.get("sessionId").asText();
        assertThat(sessions.add(session)).as("a session of its own").isTrue();
        assertThat(Evidence.asked(staying, session))
            .singleElement()
            .asString()
            .contains("item " + n + ".");
        assertEndedOnce(postgres, session);
      }
      var row = staying.get(RUNS + "/" + run).expect(200).json().get("run");
      assertThat(row.get("status").asText()).isEqualTo("completed");
      assertThat(row.get("completedCases").asInt()).isEqualTo(CASES);
      var results = staying.get(RUNS + "/" + run + "/results").expect(200).json().get("results");
      assertThat(results)
          .hasSize(CASES)
          .allSatisfy(
              result -> {
                assertThat(result.get("error").isNull()).as(result.toString()).isTrue();
                // The mock that goes on with a turn says this.
                assertThat(result.get("agentResponse").asText())
                    .containsAnyOf("answer-", "[Resumed session]");
              });
      var all =
          staying.get("/api/sessions?agent=a&limit=100").expect(200).json().findValuesAsText("id");
      assertThat(all).hasSize(ITEMS + CASES).containsAll(sessions);
      for (var session : all) {
        assertThat(Evidence.asked(staying, session)).hasSize(1);
        assertEndedOnce(postgres, session);
      }
    }
  }

  private static String add(StrictClient client, int number) {
    return client
        .post(
            "/api/queue",
            StrictClient.object()
                .put("agentName", "a")
                .put("prompt", turn("item " + number + "."))
                .toString())
        .expect(201)
        .json()
        .at("/item/id")
        .asText();
  }

  private static String begin(StrictClient client) {
    var cases = StrictClient.object();
    var list = cases.putArray("cases");
    for (var n = 0; n < CASES; n++) {
      list.addObject()
          .put("question", turn("answer-" + n))
          .putArray("expectedTopics")
          .add("answer-" + n);
    }
    client.post("/api/agents/a/eval-cases/import", cases.toString()).expect(200);
    return client.post(RUNS, "{}").expect(201).json().at("/run/id").asText();
  }

  /** Takes about five seconds, so that some are always under way. */
  private static String turn(String text) {
    return "MOCK:{\"messages\":20,\"chunks\":1,\"chunkDelayMs\":250,\"text\":\"%s\"}"
        .formatted(text);
  }

  private static String status(StrictClient client, String run) {
    return client.get(RUNS + "/" + run).expect(200).json().at("/run/status").asText();
  }

  private static Set<String> owners(TestPostgres postgres, String table, String status) {
    var owners = new HashSet<String>();
    try (var connection = DriverManager.getConnection(postgres.jdbcUrl());
        var select =
            connection.prepareStatement(
                "SELECT DISTINCT owner FROM " + table + " WHERE status = ?")) {
      select.setString(1, status);
      try (var rows = select.executeQuery()) {
        while (rows.next()) {
          owners.add(rows.getString(1));
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException(table, e);
    }
    return owners;
  }

  /** The mock says a result in a first turn only, so the journal is asked. */
  private static void assertEndedOnce(TestPostgres postgres, String session) {
    assertThat(Evidence.journal(postgres.jdbcUrl(), session)).containsOnlyOnce("turn-ended");
  }

  private static void await(java.util.concurrent.Callable<Boolean> condition) {
    Awaitility.await().atMost(LIMIT).until(condition);
  }
}
