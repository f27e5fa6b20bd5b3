package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Agent versions, rows V1 to V6 of the contract, and what they do to sessions. */
@ExtendWith(SharedNode.class)
final class VersionsIT {
  private static final String PROMPT = "/files/CLAUDE.md?format=raw";
  private final SharedNode.Guest guest;
  private final StrictClient client;

  VersionsIT(SharedNode.Guest guest) {
    this.guest = guest;
    this.client = guest.client();
  }

  @Test
  void versionsAreNumberedClonedChangedAndDeleted() {
    var all = "/api/agents/" + AgentFolders.plain(client, "numbered") + "/versions";
    var one =
        client
            .post(all, "{\"systemPrompt\":\"one\",\"knowledgeFiles\":[\"a.md\"]}")
            .expect(201)
            .json()
            .get("version");
    assertThat(one.get("name").asText()).isEqualTo("v1");
    assertThat(one.get("isActive").asBoolean()).isFalse();
    var two =
        client
            .post(all, "{\"name\":\"second\",\"cloneFrom\":\"" + one.get("id").asText() + "\"}")
            .expect(201)
            .json()
            .get("version");
    assertThat(two.get("systemPrompt").asText()).isEqualTo("one");
    assertThat(two.get("knowledgeFiles").toString()).isEqualTo("[\"a.md\"]");
    assertThat(two.get("versionNumber").asInt()).isEqualTo(2);
    client.post(all, "{\"cloneFrom\":7}").expect(400);

    assertThat(
            client
                .patch(all + "/2", "{\"systemPrompt\":\"two\",\"releaseNotes\":\"n\"}")
                .expect(200)
                .json()
                .at("/version/systemPrompt")
                .asText())
        .isEqualTo("two");
    assertThat(client.get(all).json().findValuesAsText("versionNumber")).containsExactly("2", "1");
    assertThat(client.post(all + "/1/activate").expect(200).json().get("versionNumber").asInt())
        .isEqualTo(1);
    client.post(all + "/" + two.get("id").asText() + "/activate").expect(200);
    assertThat(client.get(all).json().findValuesAsText("isActive"))
        .containsExactly("true", "false");
    client.delete(all + "/1").expect(204);
    client.get(all + "/1").expect(404);
    guest.neighbour("versions").get(all).expect(404);
    client.delete("/api/agents/numbered").expect(200);
    AgentFolders.plain(client, "numbered");
    assertThat(client.get(all).expect(200).text()).isEqualTo("{\"versions\":[]}");
  }

  @Test
  void theActiveVersionInstructsNewSessionsAndLeavesOldOnesAlone() {
    var all = "/api/agents/" + AgentFolders.plain(client, "active") + "/versions";
    var before = client.createSession("active");
    client.post(all, "{\"systemPrompt\":\"first words\"}").expect(201);
    client.post(all, "{\"systemPrompt\":\"second words\"}").expect(201);
    client.post(all + "/1/activate").expect(200);
    var first = client.createSession("active");
    client.say(first, "hello");
    client.post(all + "/2/activate").expect(200);
    var second = client.createSession("active");
    client.delete(all + "/2").expect(204);
    var after = client.createSession("active");
    for (var session : java.util.List.of(before, second, after)) {
      client.say(session, "hello");
    }
    client.post("/api/sessions/" + first + "/pause").expect(200);
    client.post("/api/sessions/" + first + "/resume").expect(200);
    client.say(first, "hello again");

    assertThat(client.get("/api/sessions/" + before + PROMPT).text()).isEqualTo("# active\n");
    assertThat(client.get("/api/sessions/" + first + PROMPT).text()).isEqualTo("first words");
    assertThat(client.get("/api/sessions/" + second + PROMPT).text()).isEqualTo("second words");
    assertThat(client.get("/api/sessions/" + after + PROMPT).text()).isEqualTo("# active\n");
  }
}
