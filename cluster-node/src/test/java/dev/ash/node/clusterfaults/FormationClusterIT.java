package dev.ash.node.clusterfaults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.StartedNode;
import dev.ash.node.e2e.StrictClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ways into a cluster, and what crosses it. */
@Tag("cluster")
final class FormationClusterIT {
  private @TempDir Path folder = Path.of("");

  @Test
  void aLargeMessageAndALargeAnswerCrossNodes() throws Exception {
    try (var postgres = TestPostgres.start("127.0.0.1");
        var cluster = TestCluster.start(postgres, 2, Map.of())) {
      var session = cluster.node(0).client().createSession("a");
      var message = StrictClient.object();
      message
          .putArray("content")
          .addObject()
          .put("type", "image")
          .putObject("source")
          .put("type", "base64")
          .put("media_type", "image/png")
          .put("data", "A".repeat(3 << 20));

      // Through both, as one of them is not the session's.
      for (var node : cluster.nodes()) {
        try (var reply = node.client().send(session, message)) {
          assertThat(reply.rest())
              .extracting(frame -> frame.event())
              .endsWith("done")
              .doesNotContain("error");
        }
        var output = node.client().exec(session, "head -c 4000000 /dev/zero | tr '\\0' y");
        assertThat(output.get("stdout").asText()).hasSize(4_000_000);
      }
    }
  }

  @Test
  void aRunnerThatKnowsOnlyItsCoordinatorGetsTheSandboxes() throws Exception {
    var coordinatorPort = TestPorts.free();
    try (var postgres = TestPostgres.start("127.0.0.1");
        var coordinator =
            StartedNode.start(
                Map.of(
                    "ASH_MODE",
                    "coordinator",
                    "ASH_DATABASE_URL",
                    postgres.url(),
                    "ASH_REMOTING_PORT",
                    Integer.toString(coordinatorPort),
                    "ASH_CLUSTER_SEEDS",
                    "127.0.0.1:" + coordinatorPort,
                    "ASH_INTERNAL_SECRET",
                    TestCluster.SECRET))) {
      var client = coordinator.client();
      client.post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
      assertThat(client.post("/api/sessions", "{\"agent\":\"a\"}").expect(503).text())
          .contains("Sandbox capacity reached and no evictable sandboxes (all running)");

      try (var runner =
          StartedNode.start(
              Map.of(
                  "ASH_RUNNER",
                  "true",
                  "ASH_RUNNER_ID",
                  "runner-1",
                  "ASH_SERVER_URL",
                  coordinator.url(),
                  "ASH_INTERNAL_SECRET",
                  TestCluster.SECRET))) {
        Awaitility.await()
            .atMost(Duration.ofSeconds(20))
            .untilAsserted(
                () ->
                    assertThat(runners(coordinator).findValuesAsText("runnerId"))
                        .containsExactly("runner-1"));
        assertThat(client.get("/health").json().get("remoteRunners").asInt()).isEqualTo(1);
        var session = client.createSession("a");
        assertThat(client.say(session, "hello")).extracting(f -> f.event()).endsWith("done");
        assertThat(runner.descendants()).isNotEmpty();
        assertThat(coordinator.descendants()).isEmpty();
        assertThat(new StrictClient(runner.url(), "").get("/api/sessions").status()).isEqualTo(401);
      }
    }
  }

  private static com.fasterxml.jackson.databind.JsonNode runners(StartedNode coordinator) {
    return new StrictClient(coordinator.url(), TestCluster.SECRET)
        .get("/api/internal/runners")
        .expect(200)
        .json();
  }

  @Test
  void nodesFindOneAnotherByDiscoveryAndSpeakTls() throws Exception {
    OpenSsl.certificate(folder);
    var points = List.of(TestPorts.free(), TestPorts.free());
    var contacts = "127.0.0.1:" + points.getFirst() + ",127.0.0.1:" + points.getLast();
    try (var postgres = TestPostgres.start("127.0.0.1");
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var starting = new ArrayList<java.util.concurrent.Future<StartedNode>>();
      for (var point : points) {
        starting.add(
            threads.submit(
                () ->
                    StartedNode.start(
                        Map.of(
                            "ASH_DATABASE_URL", postgres.url(),
                            "ASH_CLUSTER_DISCOVERY", "config",
                            "ASH_CLUSTER_CONTACT_POINTS", contacts,
                            "ASH_MANAGEMENT_PORT", Integer.toString(point),
                            "ASH_INTERNAL_SECRET", TestCluster.SECRET,
                            "ASH_CLUSTER_TLS_CERT", folder.resolve("cert.pem").toString(),
                            "ASH_CLUSTER_TLS_KEY", folder.resolve("key.pem").toString(),
                            "ASH_CLUSTER_TLS_CA", folder.resolve("cert.pem").toString()))));
      }
      try (var one = starting.getFirst().get();
          var two = starting.getLast().get()) {
        Awaitility.await()
            .atMost(Duration.ofSeconds(30))
            .untilAsserted(
                () ->
                    assertThat(TestCluster.management(one).get("/nodes").json().get("nodes"))
                        .hasSize(2)
                        .allMatch(node -> node.get("status").asText().equals("up")));
        one.client().post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
        var session = one.client().createSession("a");
        assertThat(two.client().say(session, "hello")).extracting(f -> f.event()).endsWith("done");
      }
    }
  }
}
