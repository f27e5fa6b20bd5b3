package dev.ash.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.agents.Agents.Deployment;
import dev.ash.node.agents.Agents.FileContent;
import dev.ash.node.agents.Agents.UploadedFile;
import dev.ash.node.upload.Content;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.session.Rejection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows A1 to A11, with the bodies of the recorded samples. */
final class AgentRoutesTest {
  private static final String MOCK =
      "{\"id\":\"9f6639b8-8d78-468b-8a22-54ac2efa39a7\",\"name\":\"mock-agent\",\"version\":1,"
          + "\"path\":\"/srv/research/ash-agents/mock-agent\","
          + "\"createdAt\":\"2026-11-22T01:02:07.938Z\","
          + "\"updatedAt\":\"2026-11-22T01:02:07.938Z\",\"tenantId\":\"default\"}";
  private static final String MANAGED =
      "{\"id\":\"f956d4d3-deda-402a-810f-91f9e7304efd\",\"name\":\"managed\",\"version\":1,"
          + "\"path\":\"/srv/research/ash-data/a1/agents/managed\","
          + "\"createdAt\":\"2026-11-22T01:02:08.002Z\","
          + "\"updatedAt\":\"2026-11-22T01:02:08.002Z\",\"tenantId\":\"default\","
          + "\"env\":{\"SECRET\":\"***\"}}";
  private static final String NO_AGENT = "{\"error\":\"Agent not found\",\"statusCode\":404}";
  private static final String AGENT = "/api/agents/mock-agent";
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
  void deploysAFolderOfTheServer() throws Exception {
    var reply = api.post("/api/agents", "{\"name\":\"mock-agent\",\"path\":\"/srv/agents/mock\"}");

    assertThat(reply.status()).isEqualTo(201);
    assertThat(reply.body()).isEqualTo("{\"agent\":" + MOCK + "}");
    assertThat(reply.header("x-ratelimit-limit")).isEqualTo("20");
    assertThat(reply.header("content-length")).isEqualTo("231");
    assertThat(api.agents.asked)
        .containsExactly(
            new Deployment(
                new AgentName("mock-agent"),
                Optional.of("/srv/agents/mock"),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Optional.empty()));
  }

  @Test
  void namesTheStateAndChangesOnlyTheOneThatIsNamed() throws Exception {
    var tag = "\"9f6639b8-8d78-468b-8a22-54ac2efa39a7-1\"";
    assertThat(api.get(AGENT).header("etag")).isEqualTo(tag);
    assertThat(api.get(AGENT + "/config").header("etag")).isEqualTo(tag);
    assertThat(api.get(AGENT).header("access-control-expose-headers")).isEqualTo("ETag");

    for (var guard : List.of(tag, "*", "\"other\", " + tag)) {
      var reply = guarded("PATCH", AGENT, guard);
      assertThat(reply.status()).as(guard).isEqualTo(200);
      assertThat(reply.header("etag")).isEqualTo(tag);
    }
    var stale =
        "{\"error\":\"Changed meanwhile: the ETag is \\\"9f6639b8-8d78-468b-8a22-54ac2efa39a7-1\\\","
            + " which If-Match does not name; get it again and repeat the change\","
            + "\"statusCode\":412}";
    for (var guard : List.of("\"other\"", "W/" + tag)) {
      for (var reply :
          List.of(
              guarded("PATCH", AGENT, guard),
              guarded("PATCH", AGENT + "/config", guard),
              guarded("DELETE", AGENT, guard))) {
        assertThat(reply.status()).as(guard).isEqualTo(412);
        assertThat(reply.body()).isEqualTo(stale);
        assertThat(reply.header("etag")).isEqualTo(tag);
      }
    }
    assertThat(guarded("PATCH", AGENT, "no-quotes").body())
        .isEqualTo(
            "{\"error\":\"If-Match must be * or a list of ETags in double quotes\","
                + "\"statusCode\":400}");
    assertThat(guarded("PATCH", "/api/agents/nobody", tag).status()).isEqualTo(404);
  }

  @Test
  void deploysAndWritesFilesOnlyOverTheStateThatIsNamed() throws Exception {
    var tag = "\"9f6639b8-8d78-468b-8a22-54ac2efa39a7-1\"";
    var json = "application/json";
    var files = AGENT + "/files";
    var body = "{\"name\":\"mock-agent\"}";
    var made = Map.of("If-None-Match", "*", "Content-Type", json);

    var exists = api.send("POST", "/api/agents", made, body);
    assertThat(exists.status()).isEqualTo(412);
    assertThat(exists.body()).contains("Exists already");
    assertThat(exists.header("etag")).isEqualTo(tag);
    assertThat(api.send("POST", "/api/agents", made, "{\"name\":\"managed\"}").status())
        .isEqualTo(201);
    for (var guard : List.of(tag, "\"other\"", "bad")) {
      var headers = Map.of("If-Match", guard, "Content-Type", json);
      var status = guard.equals(tag) ? 200 : guard.equals("bad") ? 400 : 412;
      var deployed = api.send("POST", "/api/agents", headers, body);
      assertThat(deployed.status()).isEqualTo(status == 200 ? 201 : status);
      for (var reply :
          List.of(
              api.send("POST", files, headers, "{\"files\":[]}"),
              api.send("DELETE", files + "/a", Map.of("If-Match", guard), ""))) {
        assertThat(reply.status()).isEqualTo(status);
      }
    }
    assertThat(api.get(files).header("etag")).isEqualTo(tag);
    assertThat(api.get(files + "/a").header("etag")).isEqualTo(tag);
  }

  private RawHttp.Reply guarded(String method, String url, String guard) throws Exception {
    var headers = Map.of("Content-Type", "application/json", "If-Match", guard);
    return api.send(method, url, headers, "{}");
  }

  @Test
  void deploysFilesAndHidesTheEnvironment() throws Exception {
    var reply =
        api.post(
            "/api/agents",
            "{\"name\":\"managed\",\"systemPrompt\":\"# hi\",\"files\":[{\"path\":\"notes/a.txt\","
                + "\"content\":\"aGVsbG8=\"}],\"env\":{\"SECRET\":\"x\",\"N\":1}}");

    assertThat(reply.status()).isEqualTo(201);
    assertThat(reply.body()).isEqualTo("{\"agent\":" + MANAGED + "}");
    assertThat(api.agents.asked)
        .containsExactly(
            new Deployment(
                new AgentName("managed"),
                Optional.empty(),
                Optional.of("# hi"),
                List.of(
                    new UploadedFile("notes/a.txt", Content.of(ByteString.fromString("hello")))),
                Optional.of(Map.of("SECRET", "x", "N", "1")),
                Optional.empty()));
  }

  @Test
  void refusesWhatCannotBeDeployed() throws Exception {
    for (var bad :
        List.of(
            "{\"name\":\"bad name!\"}",
            "{\"name\":\"\"}",
            "{\"name\":\"" + "a".repeat(256) + "\"}",
            "{\"name\":{}}",
            "{\"name\":\"a\",\"path\":\"" + "p".repeat(4097) + "\"}",
            "{\"name\":\"a\",\"files\":[{\"path\":\"x\"}]}",
            "{\"name\":\"a\",\"files\":{}}",
            "{\"name\":\"a\",\"env\":\"x\"}",
            "{\"name\":\"a\",\"env\":{\"A\":{}}}",
            "{\"path\":\"/x\"}")) {
      var reply = api.post("/api/agents", bad);
      assertThat(reply.status()).as(bad).isEqualTo(400);
      assertThat(reply.body()).isEqualTo("{\"error\":\"Bad Request\",\"statusCode\":400}");
    }
    assertThat(api.agents.asked).isEmpty();

    api.agents.refusal =
        Optional.of(
            new Rejection(Rejection.Code.INVALID, "Agent directory must contain CLAUDE.md"));
    assertThat(api.post("/api/agents", "{\"name\":\"bad\",\"path\":\"/x\"}").body())
        .isEqualTo("{\"error\":\"Agent directory must contain CLAUDE.md\",\"statusCode\":400}");
  }

  @Test
  void showsAgents() throws Exception {
    assertThat(api.get("/api/agents").body())
        .isEqualTo("{\"agents\":[" + MANAGED + "," + MOCK + "]}");
    assertThat(api.get(AGENT).body()).isEqualTo("{\"agent\":" + MOCK + "}");
    for (var unknown : List.of("nope", "n%20o", "n%2Fo", "a".repeat(300))) {
      var reply = api.get("/api/agents/" + unknown);
      assertThat(reply.status()).isEqualTo(404);
      assertThat(reply.body()).isEqualTo(NO_AGENT);
    }
  }

  @Test
  void deletesAnAgentWithItsSessions() throws Exception {
    assertThat(api.delete(AGENT).body()).isEqualTo("{\"ok\":true}");
    assertThat(api.sessions.asked).containsExactly(new FakeSessions.Did("endAllOf mock-agent"));

    assertThat(api.delete("/api/agents/nope").body()).isEqualTo(NO_AGENT);
  }

  @Test
  void aDeletionThatLeftSessionsIsRepeatedAlsoWithoutTheAgent() throws Exception {
    api.sessions.sessionsOf.put("nope", 3);
    api.sessions.refusal =
        Optional.of(new Rejection(Rejection.Code.UNAVAILABLE, "Not all; repeat the request"));
    for (var path : List.of(AGENT, "/api/agents/nope")) {
      var reply = api.delete(path);
      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.body())
          .isEqualTo("{\"error\":\"Not all; repeat the request\",\"statusCode\":503}");
    }

    api.sessions.refusal = Optional.empty();
    assertThat(api.delete("/api/agents/nope").body()).isEqualTo("{\"ok\":true}");
    api.sessions.sessionsOf.remove("nope");
    assertThat(api.delete("/api/agents/nope").body()).isEqualTo(NO_AGENT);
  }

  @Test
  void changesEnvironmentAndConfig() throws Exception {
    assertThat(api.patch(AGENT, "{\"env\":{\"A\":true},\"config\":{\"x\":[1]},\"other\":1}").body())
        .isEqualTo("{\"agent\":" + MOCK + "}");
    assertThat(api.patch(AGENT, "{\"env\":{}}").status()).isEqualTo(200);
    assertThat(api.patch(AGENT + "/config", "{\"y\":{\"z\":null}}").body())
        .isEqualTo("{\"config\":{\"a\":1}}");
    assertThat(api.get(AGENT + "/config").body()).isEqualTo("{\"config\":{\"a\":1}}");
    assertThat(api.agents.asked)
        .containsExactly(
            new FakeAgents.Patched(Optional.of(Map.of("A", "true")), Optional.of("{\"x\":[1]}")),
            new FakeAgents.Patched(Optional.of(Map.of()), Optional.empty()),
            new FakeAgents.Patched(Optional.empty(), Optional.of("{\"y\":{\"z\":null}}")));
    assertThat(api.patch("/api/agents/nope", "{}").body()).isEqualTo(NO_AGENT);
    assertThat(api.patch("/api/agents/nope/config", "{}").body()).isEqualTo(NO_AGENT);
    assertThat(api.patch(AGENT, "{\"config\":3}").body())
        .contains("\"message\":\"body/config must be object\"");
  }

  @Test
  void readsFilesAsJsonAndRaw() throws Exception {
    assertThat(api.get(AGENT + "/files").body())
        .isEqualTo(
            "{\"files\":[{\"path\":\"CLAUDE.md\",\"size\":5,"
                + "\"modifiedAt\":\"2026-11-22T01:02:07.938Z\"}]}");
    assertThat(api.get(AGENT + "/files/CLAUDE.md").body())
        .isEqualTo("{\"path\":\"CLAUDE.md\",\"content\":\"# hi\\n\",\"size\":5}");

    var raw = api.get(AGENT + "/files/CLAUDE.md?format=raw");
    assertThat(raw.body()).isEqualTo("# hi\n");
    assertThat(raw.header("content-type")).isEqualTo("text/markdown");
    assertThat(raw.header("content-disposition"))
        .isEqualTo("attachment; filename*=UTF-8''CLAUDE.md");

    api.agents.file = new FileContent("d/ä b.html", ByteString.fromString("<b>"));
    var other = api.get(AGENT + "/files/d%2F%C3%A4%20b.html?format=raw");
    assertThat(other.header("content-type")).isEqualTo("application/octet-stream");
    assertThat(other.header("content-disposition"))
        .isEqualTo("attachment; filename*=UTF-8''%C3%A4%20b.html");
    assertThat(api.agents.asked).contains("file d/ä b.html");
  }

  @Test
  void refusesFilesItCannotRead() throws Exception {
    assertThat(api.get(AGENT + "/files/").body())
        .isEqualTo("{\"error\":\"File path required\",\"statusCode\":400}");
    for (var bad : List.of("..%2Fx", "a%2F..%2F..%2Fx", "%2Fetc%2Fpasswd", "a%00b")) {
      assertThat(api.get(AGENT + "/files/" + bad).body())
          .isEqualTo("{\"error\":\"Invalid file path\",\"statusCode\":400}");
      assertThat(api.delete(AGENT + "/files/" + bad).body())
          .isEqualTo("{\"error\":\"Path escapes agent directory\",\"statusCode\":400}");
    }
    assertThat(api.get(AGENT + "/files/a?format=xml").body())
        .isEqualTo(
            "{\"statusCode\":400,\"code\":\"FST_ERR_VALIDATION\",\"error\":\"Bad Request\","
                + "\"message\":\"querystring/format must be equal to one of the allowed values\"}");
    api.agents.file = new FileContent("x", ByteString.fromArray(new byte[1_048_577]));
    assertThat(api.get(AGENT + "/files/x").body())
        .isEqualTo(
            "{\"error\":\"File too large (1048577 bytes, max 1048576)\",\"statusCode\":400}");
    assertThat(api.get(AGENT + "/files/x?format=raw").body()).hasSize(1_048_577);
  }

  @Test
  void writesAndDeletesFiles() throws Exception {
    var two =
        "{\"files\":[{\"path\":\"a\",\"content\":\"YQ==\"},{\"path\":\"b\",\"content\":\"Yg\"}]}";
    assertThat(api.post(AGENT + "/files", two).body()).isEqualTo("{\"written\":2}");
    assertThat(api.delete(AGENT + "/files/d/a.md").body()).isEqualTo("{\"deleted\":true}");
    assertThat(api.post("/api/agents/nope/files", two).body()).isEqualTo(NO_AGENT);
    assertThat(api.post(AGENT + "/files", "{}").body())
        .contains("\"message\":\"body must have required property 'files'\"");
    assertThat(api.post(AGENT + "/files", "{\"files\":[{\"path\":\"a\"}]}").body())
        .contains("\"message\":\"body/files/0 must have required property 'content'\"");
  }
}
