package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Sessions whose sandbox is gone: by idleness, or with the node that ran it. */
final class ColdStartIT {
  private static final String WRITE =
      "MOCK:{\"text\":\"w\",\"write\":{\"path\":\"check.txt\",\"text\":\"PERSIST_CHECK\"}}";

  @Test
  void anIdleSandboxEndsAndTheNextMessageFindsTheFiles() throws IOException {
    try (var node = StartedNode.start(Map.of("ASH_IDLE_TIMEOUT_MS", "1500"))) {
      var client = node.client();
      var id = client.createSession(AgentFolders.plain(client, "idle"));
      client.say(id, WRITE);

      // asked of the node, because asking for the files would be something to do
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertThat(client.get("/health").json().get("activeSandboxes").asInt()).isZero());
      assertThat(client.get("/api/sessions/" + id + "/files").text())
          .contains("\"source\":\"snapshot\"")
          .contains("check.txt");
      assertThat(client.get("/api/sessions/" + id).text()).contains("\"active\"");
      assertThat(client.say(id, "again").toString()).contains("[Resumed session]");
      assertThat(client.exec(id, "cat check.txt").get("stdout").asText())
          .isEqualTo("PERSIST_CHECK");
    }
  }

  @Test
  void aPausedSessionIsResumedByTheNextNode() throws IOException {
    try (var node = StartedNode.start(Map.of())) {
      var id = node.client().createSession(AgentFolders.plain(node.client(), "cold"));
      node.client().say(id, WRITE);
      node.client().post("/api/sessions/" + id + "/pause", "{}").expect(200);

      assertThat(node.terminate()).isZero();
      node.restart();
      var client = node.client();
      AgentFolders.plain(client, "cold");
      assertThat(client.post("/api/sessions/" + id + "/resume", "{}").expect(200).text())
          .contains("\"active\"");
      assertThat(client.say(id, "again").getLast().event()).isEqualTo("done");
      assertThat(client.exec(id, "cat check.txt").get("stdout").asText())
          .isEqualTo("PERSIST_CHECK");
      // the figures are up to a second old
      await()
          .untilAsserted(
              () ->
                  assertThat(client.get("/health").json().at("/pool/resumeColdHits").asInt())
                      .isEqualTo(1));
    }
  }
}
