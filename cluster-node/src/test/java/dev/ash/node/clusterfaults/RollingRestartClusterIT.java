package dev.ash.node.clusterfaults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.StartedNode;
import dev.ash.node.faults.Evidence;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every node of a cluster is replaced, one after the other, while clients go on. */
@Tag("cluster")
final class RollingRestartClusterIT {

  @Test
  void nobodyButTheViewersOfTheNodeThatStopsNotices() throws Exception {
    try (var postgres = TestPostgres.start("127.0.0.1");
        var cluster =
            TestCluster.start(
                postgres, 3, Map.of("ASH_DRAIN_NOTICE", "2s", "ASH_DRAIN_LIMIT", "5s"));
        var load = new LoadThroughBalancer(cluster).start(4, 2);
        var sessions = RunningSessions.start(cluster.nodes(), cluster.nodes(), 6, 200)) {
      for (var node : cluster.nodes()) {
        replace(cluster, node);
      }

      sessions.awaitEnds(1, Duration.ofSeconds(200));
      load.stop();
      System.out.printf(
          "FIGURES rolling restart of 3 nodes: %d requests, %d failed, %d sent again, slowest %.1f s;"
              + " longest pause of a running session %.1f s; viewers cut %d (of the stopping nodes)%n",
          load.requests(),
          load.failed().size(),
          load.retried(),
          load.slowest().toMillis() / 1000.0,
          sessions.viewers().values().stream()
                  .map(Viewer::longestPause)
                  .max(Duration::compareTo)
                  .orElseThrow()
                  .toMillis()
              / 1000.0,
          sessions.cutBy(cluster.nodes()));
      assertThat(load.failed()).isEmpty();
      load.assertAcknowledgedIsThere(cluster.node(1).client());
      sessions.assertNothingLostOrDoubled(cluster.node(0), 1);
      // Each node stopped once, and only then cut off who was there: never more than its share.
      for (var viewer : sessions.viewers().values()) {
        assertThat(viewer.cutBy()).doesNotHaveDuplicates();
      }
    }
  }

  private static void replace(TestCluster cluster, StartedNode node) throws Exception {
    var below = node.descendants();
    assertThat(node.terminate()).as(node::output).isZero();
    Evidence.assertGone(below);
    node.restart();
    cluster.awaitUp(3);
  }
}
