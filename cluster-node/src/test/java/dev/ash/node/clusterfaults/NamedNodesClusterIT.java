package dev.ash.node.clusterfaults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.StartedNode;
import dev.ash.node.e2e.StrictClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes with the names of a StatefulSet's pods, as our chart sets them: each listens where its own
 * name leads, all on the same ports, and they find one another by a list of names.
 */
@Tag("cluster")
@Timeout(180)
final class NamedNodesClusterIT {
  private static final List<String> NAMES =
      List.of(
          "ash-0.ash-nodes.agents.svc.cluster.local",
          "ash-1.ash-nodes.agents.svc.cluster.local",
          "ash-2.ash-nodes.agents.svc.cluster.local");
  private static final List<String> ADDRESSES = List.of("127.0.0.21", "127.0.0.22", "127.0.0.23");

  /** The last of the names is listed, and nobody is there. */
  private static final int RUNNING = 2;

  private @TempDir Path folder = Path.of("");

  @Test
  void aMajorityFoundsTheClusterAndReadinessFollows() throws Exception {
    var lines = new ArrayList<>(List.of("127.0.0.1 localhost"));
    for (var i = 0; i < NAMES.size(); i++) {
      lines.add(ADDRESSES.get(i) + " " + NAMES.get(i));
    }
    var hosts = Files.write(folder.resolve("hosts"), lines);
    var management = TestPorts.free();
    var remoting = TestPorts.free();
    try (var postgres = TestPostgres.start("127.0.0.1");
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var starting = new ArrayList<Future<StartedNode>>();
      for (var name : NAMES.subList(0, RUNNING)) {
        var environment =
            Map.of(
                "ASH_DATABASE_URL",
                postgres.url(),
                "ASH_NODE_HOST",
                name,
                "ASH_REMOTING_PORT",
                Integer.toString(remoting),
                "ASH_MANAGEMENT_PORT",
                Integer.toString(management),
                "ASH_CLUSTER_DISCOVERY",
                "config",
                "ASH_CLUSTER_CONTACT_POINTS",
                String.join(",", NAMES.stream().map(n -> n + ":" + management).toList()),
                "ASH_CLUSTER_REQUIRED_CONTACT_POINTS",
                "2");
        starting.add(
            threads.submit(
                () -> StartedNode.start(environment, List.of("-Djdk.net.hosts.file=" + hosts))));
      }
      try {
        var one = starting.getFirst().get();
        var two = starting.getLast().get();
        for (var address : ADDRESSES.subList(0, RUNNING)) {
          var probe = new StrictClient("http://" + address + ":" + management, "");
          Awaitility.await()
              .atMost(Duration.ofSeconds(60))
              .untilAsserted(
                  () -> {
                    assertThat(probe.get("/nodes").json().get("nodes"))
                        .hasSize(RUNNING)
                        .allMatch(node -> node.get("status").asText().equals("up"));
                    assertThat(probe.get("/health/ready").status()).isEqualTo(200);
                  });
          assertThat(probe.get("/health/alive").status()).isEqualTo(200);
        }
        answers(one, two);
      } finally {
        StartingNodes.closeAll(starting);
      }
    }
  }

  private static void answers(StartedNode one, StartedNode two) {
    one.client().post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
    var session = one.client().createSession("a");
    assertThat(two.client().say(session, "hello")).extracting(f -> f.event()).endsWith("done");
  }
}
