package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What one tenant has does not exist for the next. */
@ExtendWith(SharedNode.class)
final class TenantIsolationIT {
  private final SharedNode.Guest guest;
  private final StrictClient own;
  private final StrictClient other;
  private final String id;

  TenantIsolationIT(SharedNode.Guest guest) {
    this.guest = guest;
    this.own = guest.client();
    this.other = guest.neighbour("other");
    this.id = own.createSession(AgentFolders.plain(own, "mine"));
  }

  @Test
  void aSessionOfAnotherTenantIsNotFoundByAnyRoute() {
    own.say(id, "secret words");
    var session = "/api/sessions/" + id;

    for (var get :
        List.of("", "/messages", "/events", "/logs", "/files", "/files/CLAUDE.md", "/stream")) {
      assertThat(other.get(session + get).expect(404).text())
          .as(get)
          .isEqualTo("{\"error\":\"Session not found\",\"statusCode\":404}");
    }
    for (var post : List.of("/pause", "/stop", "/resume", "/fork", "/interrupt")) {
      assertThat(other.post(session + post).status()).as(post).isEqualTo(404);
    }
    other.post(session + "/messages", "{\"content\":\"x\"}").expect(404);
    other.post(session + "/exec", "{\"command\":\"ls\"}").expect(404);
    other.patch(session + "/config", "{\"model\":\"x\"}").expect(404);
    other.delete(session + "/files/CLAUDE.md").expect(404);
    other.delete(session).expect(404);
    var upload = "{\"files\":[{\"path\":\"x\",\"content\":\"eA==\"}]}";
    other.post(session + "/files", upload).expect(404);

    assertThat(other.get("/api/sessions").text()).doesNotContain(id);
    assertThat(own.get(session).expect(200).text()).contains("\"active\"");
    assertThat(own.get(session + "/files").text()).doesNotContain("\"x\"");
  }

  @Test
  void anAgentOfAnotherTenantIsNotFoundAndANameCanBeUsedTwice() {
    other.get("/api/agents/mine").expect(404);
    other.get("/api/agents/mine/files").expect(404);
    other.get("/api/agents/mine/files/CLAUDE.md").expect(404);
    other.delete("/api/agents/mine").expect(404);
    other.patch("/api/agents/mine", "{\"env\":{}}").expect(404);
    other.post("/api/sessions", "{\"agent\":\"mine\"}").expect(404);

    var theirs = guest.neighbour("namesake");
    theirs
        .post("/api/agents", AgentFolders.upload("mine", Map.of("a.txt", "theirs")).toString())
        .expect(201);
    assertThat(own.get("/api/agents/mine/files").text()).doesNotContain("a.txt");
    theirs.delete("/api/agents/mine").expect(200);
    own.get("/api/agents/mine").expect(200);
  }

  @Test
  void aKeyIsListedAndDeletedByItsTenantOnly() {
    var made = own.post("/api/api-keys", "{\"label\":\"second\"}").expect(201).json();
    var key = made.get("id").asText();
    assertThat(made.get("key").asText()).matches("ash_[A-Za-z0-9_-]{32}");

    assertThat(other.get("/api/api-keys").text()).doesNotContain(key);
    other.delete("/api/api-keys/" + key).expect(404);
    var second = new StrictClient(guest.node().url(), made.get("key").asText());
    second.get("/api/sessions/" + id).expect(200);
    own.delete("/api/api-keys/" + key).expect(204);
    second.get("/api/sessions/" + id).expect(401);
  }

  @Test
  void keysForAnyTenantNeedTheInternalSecret() {
    var nobody = new StrictClient(guest.node().url(), "");
    var body = "{\"tenantId\":\"victim\"}";
    var json = Map.of("Content-Type", "application/json");

    assertThat(nobody.post("/api/internal/api-keys", body).expect(401).text())
        .isEqualTo("{\"error\":\"Unauthorized — invalid or missing internal secret\"}");
    assertThat(
            own.send("POST", "/api/internal/api-keys", json, body.getBytes(StandardCharsets.UTF_8))
                .status())
        .isEqualTo(401);
  }
}
