package dev.ash.node.clusterfaults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.StartedNode;
import dev.ash.node.faults.Evidence;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code kill -9} of a node of a cluster in the middle of its turns. */
@Tag("cluster")
final class NodeDeathClusterIT {
  /**
   * The design's 15 s are for nodes that have a machine: here five share two cores with the tests
   * of another JVM. The figures that are printed say how long it took.
   */
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static final Duration TURNS = Duration.ofSeconds(150);

  @Test
  void threeNodesLoseOne() throws Exception {
    try (var postgres = TestPostgres.start("127.0.0.1");
        var cluster = TestCluster.start(postgres, 3, Map.of())) {
      // The first is the one that places shards: the worst to lose.
      lose(cluster, 0, 30, 50);
    }
  }

  @Test
  void twoNodesSurviveTheLossOfEither() throws Exception {
    try (var postgres = TestPostgres.start("127.0.0.1");
        var cluster = TestCluster.start(postgres, 2, Map.of())) {
      lose(cluster, 0, 10, 40);
      cluster.node(0).restart();
      cluster.awaitUp(2);
      // Twice as many: a shard that nobody has goes to the node that is back, which has fewest.
      lose(cluster, 1, 20, 40);
    }
  }

  private static void lose(TestCluster cluster, int victim, int count, int messages)
      throws Exception {
    var dying = cluster.node(victim);
    var staying = cluster.nodes().stream().filter(node -> node != dying).toList();
    try (var sessions = RunningSessions.start(cluster.nodes(), staying, count, messages)) {
      var below = dying.descendants();

      var killed = System.nanoTime();
      dying.kill9();
      sessions.awaitEnds(1, TURNS);

      var cut = sessions.cutBy(staying);
      var moved = sessions.assertNothingLostOrDoubled(staying.getLast(), 1);
      var pauses = sessions.pauses(moved, killed);
      report(cluster, count, pauses, cut);
      assertThat(moved).as("sessions that the dead node had").isNotEmpty();
      assertThat(pauses.getLast()).isLessThan(LIMIT);
      assertThat(cut).as("readers cut off by nodes that run").isZero();
      Evidence.assertGone(below);
      assertTheyGoOn(sessions, staying);
      // Else the next ones would be made where none of these idle, and a second victim had none.
      for (var id : sessions.viewers().keySet()) {
        staying.getFirst().client().delete("/api/sessions/" + id).expect(200);
      }
    }
  }

  private static void assertTheyGoOn(RunningSessions sessions, List<StartedNode> staying) {
    var some = sessions.viewers().keySet().stream().limit(3).toList();
    for (var id : some) {
      assertThat(staying.getFirst().client().say(id, "hello"))
          .extracting(frame -> frame.event())
          .endsWith("done")
          .doesNotContain("error");
    }
  }

  private static void report(TestCluster cluster, int count, List<Duration> pauses, long cut) {
    System.out.printf(
        "FIGURES kill -9 of one of %d nodes, %d sessions, %d of them on it: to its next event median"
            + " %.1f s, max %.1f s; lost 0, doubled 0, turns without an end 0, readers cut %d%n",
        cluster.nodes().size(),
        count,
        pauses.size(),
        pauses.isEmpty() ? 0 : pauses.get(pauses.size() / 2).toMillis() / 1000.0,
        pauses.isEmpty() ? 0 : pauses.getLast().toMillis() / 1000.0,
        cut);
  }
}
