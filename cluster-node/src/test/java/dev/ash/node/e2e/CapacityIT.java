package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A node with room for fewer sandboxes than it has sessions. */
@Tag("soak")
final class CapacityIT {
  @Test
  void theLongestIdleSandboxGivesWayAndItsSessionLosesNothing() throws IOException {
    try (var node = StartedNode.start(Map.of("ASH_MAX_SANDBOXES", "2"))) {
      var client = node.client();
      var first = client.createSession(AgentFolders.plain(client, "full"));
      client.say(
          first, "MOCK:{\"text\":\"a\",\"write\":{\"path\":\"kept.txt\",\"text\":\"kept\"}}");
      var second = client.createSession("full");
      client.say(second, "hello");

      var third = client.createSession("full");
      assertThat(client.say(third, "hello").getLast().event()).isEqualTo("done");

      assertThat(client.get("/api/sessions/" + first).text()).contains("\"active\"");
      assertThat(client.get("/api/sessions/" + first + "/files").json().get("source").asText())
          .isEqualTo("snapshot");
      assertThat(client.get("/api/sessions/" + second + "/files").json().get("source").asText())
          .isEqualTo("sandbox");
      assertThat(client.say(first, "still there?").toString()).contains("[Resumed session]");
      assertThat(client.exec(first, "cat kept.txt").get("stdout").asText()).isEqualTo("kept");
    }
  }

  @Test
  void aNodeFullOfRunningTurnsTakesNoMoreSessions() throws IOException {
    try (var node = StartedNode.start(Map.of("ASH_MAX_SANDBOXES", "2"))) {
      var client = node.client();
      var hang = "MOCK:{\"text\":\"busy\",\"hang\":true}";
      var first = client.createSession(AgentFolders.plain(client, "full"));
      var second = client.createSession("full");
      try (var one = client.send(first, hang);
          var two = client.send(second, hang)) {
        one.upTo("message");
        two.upTo("message");

        assertThat(client.post("/api/sessions", "{\"agent\":\"full\"}").expect(503).text())
            .isEqualTo(
                "{\"error\":\"Sandbox capacity reached and no evictable sandboxes (all running)\","
                    + "\"statusCode\":503}");

        client.post("/api/sessions/" + first + "/interrupt").expect(200);
        one.rest();
        var third = client.createSession("full");
        assertThat(client.say(third, "hello").getLast().event()).isEqualTo("done");
      }
    }
  }
}
