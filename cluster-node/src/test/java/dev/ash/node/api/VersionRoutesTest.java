package dev.ash.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.agents.AgentVersions.Text;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows V1 to V6. */
final class VersionRoutesTest {
  private static final String ALL = "/api/agents/mock-agent/versions";
  private static final String ONE =
      "{\"id\":\"1d9639b8-8d78-468b-8a22-54ac2efa39a7\",\"tenantId\":\"default\","
          + "\"agentName\":\"mock-agent\",\"versionNumber\":1,\"name\":\"v1\","
          + "\"systemPrompt\":\"be 1\",\"releaseNotes\":null,\"isActive\":false,"
          + "\"knowledgeFiles\":null,\"createdBy\":null,"
          + "\"createdAt\":\"2026-11-22T01:02:08.394Z\",\"updatedAt\":\"2026-11-22T01:02:08.394Z\"}";
  private static final String NO_AGENT = "{\"error\":\"Agent not found\",\"statusCode\":404}";
  private static final String NO_VERSION = "{\"error\":\"Version not found\",\"statusCode\":404}";
  private static final String SHORT = "{\"error\":\"Bad Request\",\"statusCode\":400}";
  private ApiServer api;

  @BeforeEach
  void start() throws Exception {
    api = new ApiServer();
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  void listsVersionsAsTheyCome() throws Exception {
    var reply = api.get(ALL);

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.body())
        .startsWith("{\"versions\":[{\"id\":\"2d9639b8")
        .contains("\"isActive\":true,\"knowledgeFiles\":[\"a.md\"]")
        .endsWith("," + ONE + "]}");
  }

  @Test
  void createsAVersionFromAnotherOrFromNothing() throws Exception {
    var reply =
        api.post(
            ALL,
            "{\"name\":\"n\",\"systemPrompt\":\"p\",\"releaseNotes\":\"r\","
                + "\"knowledgeFiles\":[\"a\"],\"cloneFrom\":1}");

    assertThat(reply.status()).isEqualTo(201);
    assertThat(reply.body()).isEqualTo("{\"version\":" + ONE + "}");
    assertThat(api.post(ALL, "{}").status()).isEqualTo(201);
    assertThat(api.versions.asked)
        .containsExactly(
            new FakeVersions.Created(
                new Text(
                    Optional.of("n"),
                    Optional.of("p"),
                    Optional.of("r"),
                    Optional.of(List.of("a"))),
                Optional.of("1")),
            new FakeVersions.Created(
                new Text(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty()),
                Optional.empty()));
  }

  @Test
  void refusesWhatCannotBeAVersion() throws Exception {
    var unknown = api.post(ALL, "{\"cloneFrom\":\"9\"}");
    assertThat(unknown.status()).isEqualTo(400);
    assertThat(unknown.body())
        .isEqualTo("{\"error\":\"Source version 9 not found\",\"statusCode\":400}");
    for (var body : List.of("", "[]", "{\"name\":{}}", "{\"cloneFrom\":{}}")) {
      var reply = api.post(ALL, body);
      assertThat(reply.status()).as(body).isEqualTo(400);
      assertThat(reply.body()).as(body).isEqualTo(SHORT);
    }
    assertThat(api.post(ALL, "{\"name\":\"" + "x".repeat(256) + "\"}").body()).isEqualTo(SHORT);
  }

  @Test
  void aVersionIsNamedByNumberOrId() throws Exception {
    assertThat(api.get(ALL + "/1").body()).isEqualTo("{\"version\":" + ONE + "}");
    assertThat(api.get(ALL + "/" + FakeVersions.ID).body()).isEqualTo("{\"version\":" + ONE + "}");
    assertThat(api.get(ALL + "/nonsense").body()).isEqualTo(NO_VERSION);
  }

  @Test
  void changesDeletesAndActivates() throws Exception {
    var changed = api.patch(ALL + "/1", "{\"systemPrompt\":\"\"}");
    assertThat(changed.status()).isEqualTo(200);
    assertThat(changed.body()).isEqualTo("{\"version\":" + ONE + "}");
    var activated = api.post(ALL + "/1/activate");
    assertThat(activated.status()).isEqualTo(200);
    assertThat(activated.body()).isEqualTo("{\"activated\":true,\"versionNumber\":1}");
    var deleted = api.delete(ALL + "/1");
    assertThat(deleted.status()).isEqualTo(204);
    assertThat(deleted.body()).isEmpty();
    assertThat(api.versions.asked)
        .containsExactly(
            new Text(Optional.empty(), Optional.of(""), Optional.empty(), Optional.empty()),
            "activate 1",
            "delete 1");
    var faulty = api.patch(ALL + "/1", "{\"name\":[1,2]}");
    assertThat(faulty.status()).isEqualTo(400);
    assertThat(faulty.body()).contains("FST_ERR_VALIDATION", "body/name must be string");
  }

  @Test
  void changesOnlyTheStateThatIsNamed() throws Exception {
    var tag = "\"v1-1\"";
    assertThat(api.get(ALL + "/1").header("etag")).isEqualTo(tag);
    assertThat(api.post(ALL, "{}").header("etag")).isEqualTo(tag);
    for (var guard : List.of(tag, "\"other\"", "bad")) {
      var headers = Map.of("If-Match", guard, "Content-Type", "application/json");
      for (var reply :
          List.of(
              api.send("PATCH", ALL + "/1", headers, "{}"),
              api.send("POST", ALL + "/1/activate", headers, "{}"),
              api.send("DELETE", ALL + "/1", headers, "{}"))) {
        if (guard.equals(tag)) {
          assertThat(reply.status()).isBetween(200, 204);
        } else {
          assertThat(reply.status()).isEqualTo(guard.equals("bad") ? 400 : 412);
        }
        if (reply.status() == 412) {
          assertThat(reply.header("etag")).isEqualTo(tag);
        }
      }
    }
    assertThat(api.send("GET", ALL + "/1", Map.of("If-None-Match", tag), "").status())
        .as("what a browser with a cache asks")
        .isEqualTo(200);
  }

  @Test
  void whatIsNotThereIsNotFound() throws Exception {
    for (var path : List.of(ALL + "/7", "/api/agents/none/versions/1")) {
      var body = path.startsWith(ALL) ? NO_VERSION : NO_AGENT;
      assertThat(api.get(path).body()).isEqualTo(body);
      assertThat(api.patch(path, "{}").body()).isEqualTo(body);
      assertThat(api.delete(path).body()).isEqualTo(body);
      assertThat(api.post(path + "/activate").body()).isEqualTo(body);
      assertThat(api.get(path).status()).isEqualTo(404);
    }
    assertThat(api.get("/api/agents/none/versions").body()).isEqualTo(NO_AGENT);
    assertThat(api.post("/api/agents/no%20name/versions", "{}").body()).isEqualTo(NO_AGENT);
  }

  @Test
  void anotherTenantsAgentIsNotThere() throws Exception {
    var other = Map.of("Authorization", "Bearer " + FakeKeys.OTHER);
    for (var path : List.of(ALL, ALL + "/1")) {
      var reply = api.send("GET", path, other, "");
      assertThat(reply.status()).isEqualTo(404);
      assertThat(reply.body()).isEqualTo(NO_AGENT);
    }
  }
}
