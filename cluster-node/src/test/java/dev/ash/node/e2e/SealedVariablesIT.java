package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a session is made with lies sealed, and is there again whenever its sandbox is made. */
final class SealedVariablesIT {
  private static final String KEY = "canary-own-key-9d41";
  private static final String TOKEN = "canary-own-token-07fe";
  private static final String FIRST = "canary-first-master-11";
  private static final String SECOND = "canary-second-master-22";
  private static final SecretSearch CANARIES =
      SecretSearch.of(Map.of("the key", KEY, "the token", TOKEN));

  @Test
  void liesSealedAndGoesOnWithTheSessionItsForkAndANewMasterKey() throws IOException {
    try (var node = StartedNode.start(Map.of("ASH_CREDENTIAL_KEY", FIRST))) {
      var id = session(node.client());
      assertThat(token(node.client(), id)).isEqualTo(TOKEN);
      node.client().say(id, "hello");

      CANARIES.assertNotIn("the row", row(node, id));
      SecretSearch.assertNone(CANARIES.inFiles(node.dataDir()));
      assertThat(row(node, id)).contains("MY_TOKEN", "ANTHROPIC_API_KEY");

      node.kill9();
      node.restart(Map.of("ASH_CREDENTIAL_KEY", SECOND + "," + FIRST));
      assertThat(token(node.client(), id)).isEqualTo(TOKEN);
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> node.output().contains("ASH_CREDENTIAL_KEY; 1 were not before"));

      // All is sealed with the second key now, so the first can go.
      node.terminate();
      node.restart(Map.of("ASH_CREDENTIAL_KEY", SECOND));
      var client = node.client();
      client.post("/api/sessions/" + id + "/stop").expect(200);
      client.post("/api/sessions/" + id + "/resume").expect(200);
      assertThat(token(client, id)).isEqualTo(TOKEN);
      var child =
          client
              .post("/api/sessions/" + id + "/fork")
              .expect(201)
              .json()
              .at("/session/id")
              .asText();
      client.post("/api/sessions/" + child + "/resume").expect(200);
      assertThat(token(client, child)).isEqualTo(TOKEN);

      node.terminate();
      SecretSearch.assertNone(CANARIES.inFiles(node.dataDir()));
      CANARIES.assertNotIn("the log", node.output());
    }
  }

  @Test
  void aRowOfAnOlderVersionIsReadAndSealed() throws IOException {
    try (var node = StartedNode.start(Map.of())) {
      var id = session(node.client());
      assertThat(token(node.client(), id)).isEqualTo(TOKEN);
      assertThat(CANARIES.in("the row", row(node, id))).as("what this test would find").hasSize(2);
      assertThat(node.output()).contains("Values of extraEnv are stored readable");

      node.terminate();
      node.restart(Map.of("ASH_CREDENTIAL_KEY", FIRST));
      assertThat(token(node.client(), id)).isEqualTo(TOKEN);
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() -> CANARIES.assertNotIn("the row", row(node, id)));
      node.client().post("/api/sessions/" + id + "/stop").expect(200);
      node.client().post("/api/sessions/" + id + "/resume").expect(200);
      assertThat(token(node.client(), id)).isEqualTo(TOKEN);
    }
  }

  @Test
  void aMasterKeyThatIsMissingIsSaid() throws IOException {
    try (var node = StartedNode.start(Map.of("ASH_CREDENTIAL_KEY", FIRST))) {
      var id = session(node.client());
      node.terminate();
      node.restart(Map.of());

      node.client().post("/api/sessions/" + id + "/resume").expect(200);
      assertThat(node.client().say(id, "hello"))
          .anyMatch(
              frame ->
                  frame.event().equals("error")
                      && frame.data().contains("the session's extraEnv cannot be read: ")
                      && frame.data().contains("ASH_CREDENTIAL_KEY is not set on the node"));
      assertThat(node.client().post("/api/sessions/" + id + "/fork").text())
          .contains("The session's extraEnv cannot be read: ");
    }
  }

  private static String session(StrictClient client) {
    var request = StrictClient.object().put("agent", AgentFolders.plain(client, "sealed"));
    request.putObject("extraEnv").put("MY_TOKEN", TOKEN).put("ANTHROPIC_API_KEY", KEY);
    return client.createSession(request);
  }

  private static String token(StrictClient client, String session) {
    return client.exec(session, "printf %s \"$MY_TOKEN\"").get("stdout").asText();
  }

  private static String row(StartedNode node, String session) {
    return row(node.dataDir().resolve("ash.db"), session);
  }

  private static String row(Path database, String session) {
    try (var connection =
            DriverManager.getConnection("jdbc:sqlite:" + database + "?busy_timeout=10000");
        var select = connection.prepareStatement("SELECT env FROM sessions WHERE id = ?")) {
      select.setString(1, session);
      try (var rows = select.executeQuery()) {
        assertThat(rows.next()).isTrue();
        return rows.getString(1);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(database.toString(), e);
    }
  }
}
