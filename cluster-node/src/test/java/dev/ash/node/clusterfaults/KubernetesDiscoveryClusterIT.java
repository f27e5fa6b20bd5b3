package dev.ash.node.clusterfaults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.clusterfaults.PodList.Pod;
import dev.ash.node.e2e.StartedNode;
import dev.ash.node.e2e.StrictClient;
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

/** Nodes that ask the Kubernetes API for one another, with what our chart sets for that. */
@Tag("cluster")
@Timeout(180)
final class KubernetesDiscoveryClusterIT {
  private static final List<String> ADDRESSES = List.of("127.0.0.31", "127.0.0.32");
  private static final String SERVICE = "agents-ash";

  private @TempDir Path folder = Path.of("");

  @Test
  void podsOfTheServiceFoundTheCluster() throws Exception {
    var management = TestPorts.free();
    var remoting = TestPorts.free();
    OpenSsl.certificate(folder);
    var pods =
        List.of(
            new Pod("ash-0", SERVICE, ADDRESSES.getFirst(), "Running", management),
            new Pod("ash-1", SERVICE, ADDRESSES.getLast(), "Running", management),
            // None of these can be asked: it is not there yet, or it is another's.
            new Pod("ash-2", SERVICE, "", "Pending", management),
            new Pod("other-0", "other", "127.0.0.33", "Running", management));
    try (var postgres = TestPostgres.start("127.0.0.1");
        var api = PodList.start(folder, "agents", pods);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var starting = new ArrayList<Future<StartedNode>>();
      for (var address : ADDRESSES) {
        var environment =
            Map.ofEntries(
                Map.entry("ASH_DATABASE_URL", postgres.url()),
                Map.entry("ASH_NODE_HOST", address),
                Map.entry("ASH_REMOTING_PORT", Integer.toString(remoting)),
                Map.entry("ASH_MANAGEMENT_PORT", Integer.toString(management)),
                Map.entry("ASH_CLUSTER_DISCOVERY", "kubernetes-api"),
                Map.entry("ASH_CLUSTER_SERVICE", SERVICE),
                Map.entry("ASH_CLUSTER_REQUIRED_CONTACT_POINTS", "2"),
                Map.entry("KUBERNETES_SERVICE_HOST", "127.0.0.1"),
                Map.entry("KUBERNETES_SERVICE_PORT", Integer.toString(api.port())));
        starting.add(threads.submit(() -> StartedNode.start(environment, api.jvmOptions())));
      }
      try {
        var one = starting.getFirst().get();
        var two = starting.getLast().get();
        for (var address : ADDRESSES) {
          var probe = new StrictClient("http://" + address + ":" + management, "");
          Awaitility.await()
              .atMost(Duration.ofSeconds(60))
              .untilAsserted(
                  () ->
                      assertThat(probe.get("/nodes").json().get("nodes"))
                          .hasSize(ADDRESSES.size())
                          .allMatch(node -> node.get("status").asText().equals("up")));
        }
        one.client().post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
        var session = one.client().createSession("a");
        assertThat(two.client().say(session, "hello")).extracting(f -> f.event()).endsWith("done");
      } finally {
        StartingNodes.closeAll(starting);
      }
      assertThat(api.refusals()).isEmpty();
    }
  }
}
