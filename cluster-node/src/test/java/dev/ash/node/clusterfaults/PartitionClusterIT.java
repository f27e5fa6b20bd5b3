package dev.ash.node.clusterfaults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ash.node.faults.Evidence;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A node that the others cannot reach, while it, they and their clients all reach the database: the
 * case in which two owners of a session would be possible. Each node has a network namespace.
 */
@Tag("cluster")
final class PartitionClusterIT {
  private static final int REMOVED = 3;

  @Test
  void theSideThatLosesEndsItsSandboxesBeforeTheOtherGoesOn() throws Exception {
    assumeTrue(isRoot() && Files.isExecutable(Path.of("/usr/sbin/ip")), "needs root and ip");
    try (var network = new Network(3);
        var postgres = TestPostgres.start(Network.HOST);
        var cluster = TestCluster.start(postgres, network.hosts(), Map.of())) {
      var lost = cluster.node(2);
      var staying = cluster.nodes().subList(0, 2);
      try (var sessions = RunningSessions.start(cluster.nodes(), staying, 12, 50)) {
        var below = lost.descendants();
        assertThat(below).isNotEmpty();

        var cut = System.nanoTime();
        network.cutOff(2);
        Evidence.assertGone(below);
        var sandboxesGone = Duration.ofNanos(System.nanoTime() - cut);
        assertThat(lost.awaitExit()).isEqualTo(REMOVED);
        sessions.awaitEnds(1, Duration.ofSeconds(150));

        var moved = sessions.assertNothingLostOrDoubled(staying.getFirst(), 1);
        var pauses = sessions.pauses(moved, cut);
        System.out.printf(
            "FIGURES partition of one of 3 nodes, 12 sessions, %d of them on it: its sandboxes gone"
                + " after %.1f s, events of another owner after %.1f to %.1f s, readers cut %d%n",
            moved.size(),
            sandboxesGone.toMillis() / 1000.0,
            pauses.getFirst().toMillis() / 1000.0,
            pauses.getLast().toMillis() / 1000.0,
            sessions.cutBy(staying));
        assertThat(moved).isNotEmpty();
        assertThat(sandboxesGone).isLessThan(pauses.getFirst());
        assertThat(sessions.cutBy(staying)).isZero();
        network.heal(2);
        lost.restart();
        cluster.awaitUp(3);
      }
    }
  }

  private static boolean isRoot() {
    return System.getProperty("user.name").equals("root");
  }

  /** A bridge of this host with namespaces at it, one a node. */
  private static final class Network implements AutoCloseable {
    static final String HOST = "10.77.43.1";

    private final int count;

    Network(int count) throws IOException {
      this.count = count;
      close();
      ip("link add ashbr0 type bridge");
      ip("addr add " + HOST + "/24 dev ashbr0");
      ip("link set ashbr0 up");
      for (var n = 0; n < count; n++) {
        ip("netns add ash" + n);
        ip("link add ashv" + n + " type veth peer name eth0 netns ash" + n);
        ip("link set ashv" + n + " master ashbr0 up");
        ip("-n ash" + n + " addr add " + address(n) + "/24 dev eth0");
        ip("-n ash" + n + " link set eth0 up");
        ip("-n ash" + n + " link set lo up");
      }
    }

    private static String address(int n) {
      return "10.77.43." + (11 + n);
    }

    List<TestCluster.Host> hosts() {
      var hosts = new ArrayList<TestCluster.Host>();
      for (var n = 0; n < count; n++) {
        hosts.add(
            new TestCluster.Host(
                address(n), 17355, List.of("/usr/sbin/ip", "netns", "exec", "ash" + n)));
      }
      return hosts;
    }

    /** From the other nodes alone. */
    void cutOff(int node) throws IOException {
      for (var n = 0; n < count; n++) {
        if (n != node) {
          ip("-n ash" + node + " route add blackhole " + address(n) + "/32");
        }
      }
    }

    void heal(int node) throws IOException {
      for (var n = 0; n < count; n++) {
        if (n != node) {
          ip("-n ash" + node + " route del blackhole " + address(n) + "/32");
        }
      }
    }

    private static void ip(String arguments) throws IOException {
      var command = new ArrayList<>(List.of("/usr/sbin/ip"));
      command.addAll(List.of(arguments.split(" ")));
      var process = new ProcessBuilder(command).redirectErrorStream(true).start();
      var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (exitCode(process) != 0 && !arguments.contains(" del ")) {
        throw new IOException("ip " + arguments + ": " + said);
      }
    }

    private static int exitCode(Process process) throws IOException {
      try {
        return process.waitFor();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }

    @Override
    public void close() throws IOException {
      for (var n = 0; n < count; n++) {
        ip("netns del ash" + n);
      }
      ip("link del ashbr0");
    }
  }
}
