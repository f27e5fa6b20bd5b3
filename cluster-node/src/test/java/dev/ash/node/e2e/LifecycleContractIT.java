package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The reference's own lifecycle, authentication and restore tests (contract 14.1, 14.3, 14.10). */
@ExtendWith(SharedNode.class)
final class LifecycleContractIT {
  private static final String UNKNOWN = "00000000-0000-4000-8000-000000000000";

  private final SharedNode.Guest guest;
  private final StrictClient client;

  LifecycleContractIT(SharedNode.Guest guest) {
    this.guest = guest;
    this.client = guest.neighbour("own");
  }

  @Test
  void agentsAndSessionsComeAndGo(@TempDir Path temp) throws IOException {
    var folder = AgentFolders.folder(temp.resolve("agent"), Map.of()).toString();
    var first = client.deploy("test-agent", folder);
    assertThat(first.get("name").asText()).isEqualTo("test-agent");
    assertThat(first.get("version").asInt()).isEqualTo(1);
    var agents = client.get("/api/agents").expect(200).json().get("agents");
    assertThat(agents.findValuesAsText("name")).containsExactly("test-agent");
    client.get("/api/agents/nope").expect(404);
    var empty = Files.createDirectories(temp.resolve("empty"));
    var bad = StrictClient.object().put("name", "bad").put("path", empty.toString());
    assertThat(client.post("/api/agents", bad.toString()).expect(400).text())
        .isEqualTo("{\"error\":\"Agent directory must contain CLAUDE.md\",\"statusCode\":400}");

    var made = client.post("/api/sessions", "{\"agent\":\"test-agent\"}").expect(201).json();
    assertThat(made.at("/session/status").asText()).isEqualTo("active");
    assertThat(made.at("/session/agentName").asText()).isEqualTo("test-agent");
    var id = made.at("/session/id").asText();
    try (var reply = client.send(id, "hi")) {
      assertThat(reply.header("content-type")).contains("text/event-stream");
      var frames = reply.rest();
      assertThat(frames.getFirst().event()).isEqualTo("session_start");
      assertThat(frames.getFirst().json().get("sessionId").asText()).isEqualTo(id);
      assertThat(frames.getLast().event()).isEqualTo("done");
    }
    client.post("/api/sessions/" + UNKNOWN + "/messages", "{\"content\":\"x\"}").expect(404);
    assertThat(client.delete("/api/sessions/" + id).expect(200).text()).contains("\"ended\"");
    client.post("/api/sessions/" + id + "/messages", "{\"content\":\"x\"}").expect(400);
    assertThat(client.post("/api/sessions", "{\"agent\":\"nope\"}").expect(404).text())
        .isEqualTo("{\"error\":\"Agent \\\"nope\\\" not found\",\"statusCode\":404}");

    assertThat(client.deploy("test-agent", folder).get("version").asInt()).isEqualTo(2);
    assertThat(client.delete("/api/agents/test-agent").expect(200).text())
        .isEqualTo("{\"ok\":true}");
    assertThat(client.get("/api/agents").text()).isEqualTo("{\"agents\":[]}");
  }

  @Test
  void aKeyIsAskedForEverywhereButForHealth() {
    var nobody = new StrictClient(guest.node().url(), "");
    assertThat(nobody.get("/api/agents").expect(401).text())
        .isEqualTo("{\"error\":\"Missing Authorization header\",\"statusCode\":401}");
    assertThat(nobody.get("/api/no/such/path").status()).isEqualTo(401);
    var wrong = new StrictClient(guest.node().url(), "ash_wrong");
    assertThat(wrong.get("/api/agents").expect(401).text())
        .isEqualTo("{\"error\":\"Invalid API key\",\"statusCode\":401}");
    var basic = nobody.send("GET", "/api/agents", Map.of("Authorization", "Basic x"), new byte[0]);
    assertThat(basic.expect(401).text())
        .isEqualTo("{\"error\":\"Invalid Authorization header format\",\"statusCode\":401}");

    var health = nobody.get("/health").expect(200).json();
    assertThat(health.get("status").asText()).isEqualTo("ok");
    assertThat(health.get("uptime").isInt()).isTrue();
    assertThat(health.get("pool").size()).isEqualTo(10);
  }

  @Test
  void aWarmResumeIsCountedAndGoesOn() {
    AgentFolders.plain(client, "warm");
    var id = client.createSession("warm");
    client.say(id, "hello");
    var before = pool("resumeWarmHits");

    for (var cycle = 0; cycle < 3; cycle++) {
      client.post("/api/sessions/" + id + "/pause", "{}").expect(200);
      var resumed = client.post("/api/sessions/" + id + "/resume", "{}").expect(200).json();
      assertThat(resumed.at("/session/status").asText()).isEqualTo("active");
      assertThat(client.say(id, "again").getLast().event()).isEqualTo("done");
    }

    // the figures are up to a second old
    await()
        .untilAsserted(() -> assertThat(pool("resumeWarmHits")).isGreaterThanOrEqualTo(before + 3));
  }

  @Test
  void whatCannotBeResumedSaysWhy() {
    AgentFolders.plain(client, "gone");
    var active = client.createSession("gone");
    assertThat(client.post("/api/sessions/" + active + "/resume", "{}").expect(200).text())
        .contains("\"active\"");
    var ended = client.createSession("gone");
    client.delete("/api/sessions/" + ended).expect(200);
    assertThat(client.post("/api/sessions/" + ended + "/resume", "{}").expect(410).text())
        .contains("ended");
    client.post("/api/sessions/" + UNKNOWN + "/resume", "{}").expect(404);

    client.post("/api/sessions/" + active + "/pause", "{}").expect(200);
    client.delete("/api/agents/gone").expect(200);
    assertThat(client.post("/api/sessions/" + active + "/resume", "{}").expect(404).text())
        .contains("not found");
  }

  private int pool(String figure) {
    return client.get("/health").json().get("pool").get(figure).asInt();
  }
}
