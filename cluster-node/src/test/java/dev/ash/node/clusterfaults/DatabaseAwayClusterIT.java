package dev.ash.node.clusterfaults;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** PostgreSQL goes away under load and comes back. */
@Tag("cluster")
final class DatabaseAwayClusterIT {

  @Test
  void nothingAcknowledgedIsLostAndServiceComesBackByItself() throws Exception {
    try (var postgres = TestPostgres.start("127.0.0.1");
        var cluster = TestCluster.start(postgres, 2, Map.of());
        var load = new LoadThroughBalancer(cluster).start(3, 1);
        var sessions = RunningSessions.start(cluster.nodes(), cluster.nodes(), 4, 120)) {
      var away = System.nanoTime();
      postgres.stop();
      assertThat(TestCluster.management(cluster.node(0)).get("/health/ready").text())
          .contains("database");
      var refused = System.nanoTime();
      var answer = cluster.node(0).client().post("/api/sessions", "{\"agent\":\"a\"}");
      var refusal = Duration.ofNanos(System.nanoTime() - refused);
      assertThat(answer.status()).as(answer.text()).isEqualTo(503);
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> System.nanoTime() - away > TimeUnit.SECONDS.toNanos(20));
      postgres.startAgain();
      var back = System.nanoTime();

      cluster.awaitUp(2);
      assertThat(cluster.node(1).client().createSession("a")).isNotEmpty();
      var served = Duration.ofNanos(System.nanoTime() - back);
      sessions.awaitEnds(1, Duration.ofSeconds(200));
      load.stop();
      System.out.printf(
          "FIGURES PostgreSQL away for 20 s: a create was refused after %.1f s; serving again %.1f s"
              + " after it was back; %d requests, %d failed, %d sent again%n",
          refusal.toMillis() / 1000.0,
          served.toMillis() / 1000.0,
          load.requests(),
          load.failed().size(),
          load.retried());
      assertThat(load.failed()).isEmpty();
      load.assertAcknowledgedIsThere(cluster.node(1).client());
      sessions.assertNothingLostOrDoubled(cluster.node(0), 1);
    }
  }
}
