package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.faults.Evidence;
import java.io.IOException;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What turns used: as the model said, counted once whatever happens to the node. */
final class UsageIT {
  private static final Pattern MODEL = Pattern.compile("\"model\":\"([^\"]+)\"");

  @Test
  void theSumsAreWhatTheModelSaid() throws IOException {
    try (var agent = RealAgent.start()) {
      var client = agent.client();
      AgentFolders.plain(client, "real");
      var session = client.createSession("real");
      client.say(
          session,
          "SCN:[{\"tool\":\"Bash\",\"input\":{\"command\":\"true\"}},"
              + "{\"tool\":\"Bash\",\"input\":{\"command\":\"true\"}},\"done\"]");
      client.say(session, "SCN:[\"once more\"]");

      var input = 0L;
      var output = 0L;
      var models = new HashSet<String>();
      for (var call : agent.model().calls()) {
        var model = MODEL.matcher(call.body());
        if (model.find() && models.add(model.group(1))) {
          input += agent.model().tokens(model.group(1)).input();
          output += agent.model().tokens(model.group(1)).output();
        }
      }
      var stats = stats(client, "");
      assertThat(input).isPositive();
      assertThat(stats.get("totalInputTokens").asLong()).isEqualTo(input);
      assertThat(stats.get("totalOutputTokens").asLong()).isEqualTo(output);
      assertThat(stats.get("totalToolCalls").asLong()).isEqualTo(2);
      assertThat(stats.get("totalMessages").asLong()).isEqualTo(2);
      assertThat(stats.get("totalComputeSeconds").asDouble()).isPositive();
      assertThat(stats.get("totalCostUsd").asDouble()).isPositive();
    }
  }

  @Test
  void aKilledNodeLosesAndDoublesNothing() throws Exception {
    try (var node = StartedNode.start(Map.of())) {
      AgentFolders.plain(node.client(), "a");
      var sessions = new ArrayList<String>();
      for (var i = 0; i < 4; i++) {
        var session = node.client().createSession("a");
        node.client().say(session, "one");
        sessions.add(session);
      }
      var streams = new ArrayList<EventStream>();
      for (var session : sessions) {
        streams.add(
            node.client()
                .send(
                    session,
                    "MOCK:{\"messages\":100,\"chunks\":1,\"chunkDelayMs\":20,\"text\":\"word\"}"));
      }
      streams.getLast().upTo("message");
      node.kill9();
      streams.forEach(EventStream::close);
      node.restart();

      var client = node.client();
      for (var session : sessions) {
        Evidence.awaitEnds(node, session, 2);
      }
      for (var session : sessions) {
        var stats = stats(client, "?sessionId=" + session);
        assertThat(stats.get("totalMessages").asInt()).as(session).isEqualTo(2);
        assertThat(stats.get("totalComputeSeconds").asDouble()).isPositive();
      }
      assertThat(stats(client, "?agentName=a").get("totalMessages").asInt()).isEqualTo(8);
      assertThat(client.get("/api/analytics").expect(200).json().at("/sessions/total").asInt())
          .isEqualTo(4);
    }
  }

  @Test
  void whatANodeStoredAndDidNotCountIsCountedWhenItStarts() throws Exception {
    try (var node = StartedNode.start(Map.of())) {
      AgentFolders.plain(node.client(), "a");
      var session = node.client().createSession("a");
      node.client().say(session, "one");
      node.client().say(session, "two");
      var events = node.client().get("/api/usage").expect(200).text();
      assertThat(StrictClient.json(events).get("events").findValuesAsText("eventType"))
          .containsExactlyInAnyOrder("message", "compute_seconds", "message", "compute_seconds");
      node.kill9();
      // As if it had been killed before it had counted the second turn, and the first one half.
      execute(node, "DELETE FROM usage_progress");
      execute(node, "DELETE FROM usage_events WHERE kind = 'message'");
      node.restart();

      assertThat(node.client().get("/api/usage").expect(200).text()).isEqualTo(events);
      assertThat(node.client().get("/api/usage?limit=1").json().get("events")).hasSize(1);
      assertThat(
              node.client()
                  .get("/api/usage?after=2999-01-01T00:00:00Z")
                  .expect(200)
                  .json()
                  .get("events"))
          .isEmpty();
    }
  }

  private static JsonNode stats(StrictClient client, String query) {
    return client.get("/api/usage/stats" + query).expect(200).json().get("stats");
  }

  private static void execute(StartedNode node, String sql) throws SQLException {
    try (var connection =
            DriverManager.getConnection("jdbc:sqlite:" + node.dataDir().resolve("ash.db"));
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
