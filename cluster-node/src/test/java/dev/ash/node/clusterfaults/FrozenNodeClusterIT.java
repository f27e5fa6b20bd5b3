package dev.ash.node.clusterfaults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.faults.Evidence;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A node that is stopped for a minute while the others take its sessions, and then goes on. */
@Tag("cluster")
final class FrozenNodeClusterIT {
  private static final Duration TURNS = Duration.ofSeconds(150);
  private static final int REMOVED = 3;

  @Test
  void aNodeThatWasStoppedHasNoSandboxWhenOthersTakeItsTurns() throws Exception {
    try (var postgres = TestPostgres.start("127.0.0.1");
        var cluster = TestCluster.start(postgres, 3, Map.of())) {
      var frozen = cluster.node(1);
      var staying = cluster.nodes().stream().filter(node -> node != frozen).toList();
      try (var sessions = RunningSessions.start(cluster.nodes(), staying, 12, 50)) {
        var below = frozen.descendants();
        assertThat(below).isNotEmpty();

        var stopped = System.nanoTime();
        signal("STOP", frozen.pid());
        Evidence.assertGone(below);
        var sandboxesGone = Duration.ofNanos(System.nanoTime() - stopped);
        sessions.awaitEnds(1, TURNS);
        var moved = sessions.assertNothingLostOrDoubled(staying.getFirst(), 1);
        var pauses = sessions.pauses(moved, stopped);
        assertThat(moved).isNotEmpty();
        assertThat(sandboxesGone).as("before another may start").isLessThan(pauses.getFirst());

        Awaitility.await()
            .atMost(Duration.ofSeconds(70))
            .until(() -> System.nanoTime() - stopped > TimeUnit.SECONDS.toNanos(60));
        signal("CONT", frozen.pid());
        assertThat(frozen.awaitExit()).isEqualTo(REMOVED);

        assertThat(sessions.assertNothingLostOrDoubled(staying.getLast(), 1))
            .containsExactlyInAnyOrderElementsOf(moved);
        assertThat(sessions.cutBy(staying)).isZero();
        cluster.awaitUp(2);
        frozen.restart();
        cluster.awaitUp(3);
        System.out.printf(
            "FIGURES SIGSTOP of one of 3 nodes, 12 sessions, %d of them on it: its sandboxes gone"
                + " after %.1f s, first event of another owner after %.1f s, last %.1f s%n",
            moved.size(),
            sandboxesGone.toMillis() / 1000.0,
            pauses.getFirst().toMillis() / 1000.0,
            pauses.getLast().toMillis() / 1000.0);
      }
    }
  }

  private static void signal(String name, long pid) throws IOException, InterruptedException {
    var kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid)).inheritIO().start();
    assertThat(kill.waitFor()).isZero();
  }
}
