package dev.ash.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.session.Sessions.EventRow;
import dev.ash.node.session.Sessions.LogLine;
import dev.ash.node.session.Sessions.MessageRow;
import dev.ash.node.session.Sessions.NewSession;
import dev.ash.node.session.Sessions.Page;
import dev.ash.node.session.Sessions.Query;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Rejection;
import dev.ash.protocol.session.SessionSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows S1 to S13, with the bodies of the recorded samples. */
final class SessionRoutesTest {
  private static final String ID = FakeSessions.ID.value();
  private static final String SESSION = "/api/sessions/" + ID;
  private static final String UNKNOWN = "/api/sessions/00000000-0000-4000-8000-000000000000";
  private static final String BAD_REQUEST = "{\"error\":\"Bad Request\",\"statusCode\":400}";
  private ApiServer api;

  @BeforeEach
  void start() throws Exception {
    api = new ApiServer();
  }

  @AfterEach
  void stop() {
    api.close();
  }

  private static String view(String status) {
    return "{\"id\":\""
        + ID
        + "\",\"agentName\":\"mock-agent\",\"sandboxId\":\""
        + ID
        + "\",\"status\":\""
        + status
        + "\",\"createdAt\":\"2026-11-22T01:02:08.394Z\","
        + "\"lastActiveAt\":\"2026-11-22T01:02:08.394Z\",\"tenantId\":\"default\","
        + "\"runnerId\":null,\"parentSessionId\":null}";
  }

  private static String sessionOf(String status) {
    return "{\"session\":" + view(status) + "}";
  }

  @Test
  void createsASession() throws Exception {
    var reply = api.post("/api/sessions", "{\"agent\":\"mock-agent\"}");

    assertThat(reply.status()).isEqualTo(201);
    assertThat(reply.body()).isEqualTo(sessionOf("active"));
    assertThat(reply.header("content-length")).isEqualTo("292");
    assertThat(api.sessions.asked)
        .containsExactly(
            new FakeSessions.Created(
                TenantId.DEFAULT,
                new NewSession(
                    new AgentName("mock-agent"),
                    SessionSettings.NONE,
                    Map.of(),
                    Optional.empty())));
  }

  @Test
  void passesOnAllThatASessionIsMadeWith() throws Exception {
    var body =
        "{\"agent\":\"a\",\"model\":\"m\",\"systemPrompt\":\"p\",\"extraEnv\":{\"N\":1},"
            + "\"permissionMode\":\"default\",\"allowedTools\":\"Read\","
            + "\"disallowedTools\":[\"Bash\"],\"betas\":[1],\"subagents\":{\"x\":{\"y\":1.50}},"
            + "\"initialAgent\":\"x\",\"mcpServers\":{\"s\":{\"command\":\"c\",\"args\":[2],"
            + "\"other\":true}},\"unknown\":1}";
    var headers =
        Map.of(
            "Authorization", "Bearer " + FakeKeys.OTHER,
            "Idempotency-Key", "once and only",
            "Content-Type", "application/json; charset=utf-8");

    assertThat(api.send("POST", "/api/sessions", headers, body).status()).isEqualTo(201);
    assertThat(api.sessions.asked)
        .containsExactly(
            new FakeSessions.Created(
                new TenantId("other"),
                new NewSession(
                    new AgentName("a"),
                    new SessionSettings(
                        Optional.of("m"),
                        Optional.of("p"),
                        Optional.of("default"),
                        List.of("Read"),
                        List.of("Bash"),
                        List.of("1"),
                        Optional.of("{\"x\":{\"y\":1.5}}"),
                        Optional.of("x"),
                        Optional.of("{\"s\":{\"command\":\"c\",\"args\":[\"2\"],\"other\":true}}"),
                        Optional.empty()),
                    Map.of("N", "1"),
                    Optional.of("once and only"))));
  }

  @Test
  void refusesSessionsThatCannotBe() throws Exception {
    for (var bad :
        List.of(
            "{}",
            "{\"agent\":\"\"}",
            "{\"agent\":\"a\",\"model\":\"" + "m".repeat(101) + "\"}",
            "{\"agent\":\"a\",\"permissionMode\":\"plan\"}",
            "{\"agent\":\"a\",\"mcpServers\":{\"s\":1}}",
            "{\"agent\":\"a\",\"subagents\":[]}",
            "{\"agent\":\"a\",\"extraEnv\":{\"A\":[1,2]}}")) {
      var reply = api.post("/api/sessions", bad);
      assertThat(reply.status()).as(bad).isEqualTo(400);
      assertThat(reply.body()).isEqualTo(BAD_REQUEST);
    }
    assertThat(api.post("/api/sessions", "{\"agent\":\"no such\"}").body())
        .isEqualTo("{\"error\":\"Agent \\\"no such\\\" not found\",\"statusCode\":404}");
    assertThat(api.post("/api/sessions", "{\"agent\":\"a\",\"credentialId\":\"c\"}").body())
        .isEqualTo("{\"error\":\"Invalid or inaccessible credential\",\"statusCode\":400}");
    var longKey = Map.of("Idempotency-Key", "k".repeat(256), "Content-Type", "application/json");
    assertThat(api.send("POST", "/api/sessions", longKey, "{\"agent\":\"a\"}").status())
        .isEqualTo(400);
    assertThat(api.sessions.asked).isEmpty();
  }

  @Test
  void givesEachRefusalItsStatus() throws Exception {
    var statuses =
        Map.of(
            Rejection.Code.INVALID, 400,
            Rejection.Code.WRONG_STATE, 400,
            Rejection.Code.NOT_FOUND, 404,
            Rejection.Code.BUSY, 409,
            Rejection.Code.GONE, 410,
            Rejection.Code.TOO_LARGE, 413,
            Rejection.Code.UNPROCESSABLE, 422,
            Rejection.Code.FAILED, 500,
            Rejection.Code.NO_CAPACITY, 503,
            Rejection.Code.UNAVAILABLE, 503);
    assertThat(statuses.keySet()).containsExactlyInAnyOrder(Rejection.Code.values());
    for (var code : Rejection.Code.values()) {
      api.sessions.refusal = Optional.of(new Rejection(code, "Session has ended — new \"one\""));
      var reply = api.post(SESSION + "/resume");
      assertThat(reply.status()).isEqualTo(statuses.get(code));
      assertThat(reply.body())
          .isEqualTo(
              "{\"error\":\"Session has ended — new \\\"one\\\"\",\"statusCode\":"
                  + statuses.get(code)
                  + "}");
    }
  }

  @Test
  void commandsASession() throws Exception {
    assertThat(api.get(SESSION).body()).isEqualTo(sessionOf("active"));
    assertThat(api.post(SESSION + "/pause").body()).isEqualTo(sessionOf("paused"));
    assertThat(api.post(SESSION + "/stop").body()).isEqualTo(sessionOf("stopped"));
    assertThat(api.post(SESSION + "/resume").body()).isEqualTo(sessionOf("active"));
    assertThat(api.post(SESSION + "/interrupt").body()).isEqualTo(sessionOf("active"));
    assertThat(api.post(SESSION + "/fork").status()).isEqualTo(201);
    assertThat(api.delete(SESSION).body()).isEqualTo(sessionOf("ended"));
    assertThat(api.get("/api/sessions/" + ID.toUpperCase(java.util.Locale.ROOT)).status())
        .isEqualTo(200);
  }

  @Test
  void interruptsWhateverRunsOrTheTurnThatIsNamed() throws Exception {
    assertThat(api.post(SESSION + "/interrupt?other=1").body()).isEqualTo(sessionOf("active"));
    assertThat(api.post(SESSION + "/interrupt?turn=7").body())
        .isEqualTo(
            "{\"session\":" + view("active") + ",\"turn\":{\"number\":7,\"was\":\"waiting\"}}");
    assertThat(api.sessions.asked)
        .containsExactly(
            new FakeSessions.Did("interrupt"), new FakeSessions.Did("interrupt turn 7"));
    assertThat(api.post(UNKNOWN + "/interrupt?turn=7").status()).isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "1.5", "x", "", "07", "9999999999999999999"})
  void interruptsNothingForWhatIsNoTurn(String turn) throws Exception {
    var reply = api.post(SESSION + "/interrupt?turn=" + turn);

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.body())
        .isEqualTo(
            "{\"error\":\"turn: "
                + turn
                + " (expected: a whole number, 1 or more)\",\"statusCode\":400}");
    assertThat(api.sessions.asked).isEmpty();
  }

  @Test
  void knowsNoOtherSession() throws Exception {
    for (var url : List.of("", "/messages", "/events", "/logs", "/files", "/stream")) {
      var reply = api.get(UNKNOWN + url);
      assertThat(reply.status()).as(url).isEqualTo(404);
      assertThat(reply.body()).isEqualTo("{\"error\":\"Session not found\",\"statusCode\":404}");
    }
    var bad = api.get("/api/sessions/not-a-uuid");
    assertThat(bad.status()).isEqualTo(400);
    assertThat(bad.body())
        .isEqualTo(
            "{\"statusCode\":400,\"code\":\"FST_ERR_VALIDATION\",\"error\":\"Bad Request\","
                + "\"message\":\"params/id must match format \\\"uuid\\\"\"}");
    assertThat(bad.header("content-length")).isEqualTo("117");
    assertThat(api.post("/api/sessions/not-a-uuid/pause").body()).isEqualTo(BAD_REQUEST);
    assertThat(api.post("/api/sessions/not-a-uuid/resume").body()).contains("FST_ERR_VALIDATION");
  }

  @Test
  void listsSessions() throws Exception {
    assertThat(api.get("/api/sessions").body()).isEqualTo("{\"sessions\":[]}");

    api.sessions.page =
        new Page(
            List.of(FakeSessions.session("paused"), FakeSessions.session("ended")),
            OptionalLong.of(17));
    assertThat(
            api.get("/api/sessions?agent=a&status=paused&limit=2&offset=4&includeTotal=true")
                .body())
        .isEqualTo("{\"sessions\":[" + view("paused") + "," + view("ended") + "],\"total\":17}");
    assertThat(api.sessions.asked)
        .containsExactly(
            new FakeSessions.Listed(
                new Query(Optional.empty(), Optional.empty(), OptionalInt.empty(), 0, false)),
            new FakeSessions.Listed(
                new Query(
                    Optional.of(new AgentName("a")),
                    Optional.of("paused"),
                    OptionalInt.of(2),
                    4,
                    true)));
    assertThat(api.get("/api/sessions?agent=no%20such").body()).isEqualTo("{\"sessions\":[]}");
  }

  @Test
  void saysWhatIsWrongWithAQuery() throws Exception {
    var faults =
        Map.of(
            "/api/sessions?limit=0",
            "querystring/limit must be >= 1",
            "/api/sessions?limit=1001",
            "querystring/limit must be <= 1000",
            "/api/sessions?limit=x",
            "querystring/limit must be integer",
            "/api/sessions?limit=1.5",
            "querystring/limit must be integer",
            "/api/sessions?limit=1&limit=2",
            "querystring/limit must be integer",
            "/api/sessions?includeTotal=yes",
            "querystring/includeTotal must be boolean",
            "/api/sessions?status=gone",
            "querystring/status must be equal to one of the allowed values",
            SESSION + "/messages?after=-1",
            "querystring/after must be >= 0",
            SESSION + "/logs?after=-2",
            "querystring/after must be >= -1");
    for (var fault : faults.entrySet()) {
      var reply = api.get(fault.getKey());
      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.body())
          .isEqualTo(
              "{\"statusCode\":400,\"code\":\"FST_ERR_VALIDATION\",\"error\":\"Bad Request\","
                  + "\"message\":\""
                  + fault.getValue()
                  + "\"}");
    }
  }

  @Test
  void changesOnlyWhatIsSent() throws Exception {
    assertThat(
            api.patch(SESSION + "/config", "{\"model\":\"claude-x\",\"allowedTools\":[\"Read\"]}")
                .body())
        .isEqualTo(sessionOf("active"));
    assertThat(api.patch(SESSION + "/config", "{}").status()).isEqualTo(200);
    assertThat(api.sessions.asked)
        .containsExactly(
            new FakeSessions.Reconfigured(
                new SessionSettings(
                    Optional.of("claude-x"),
                    Optional.empty(),
                    Optional.empty(),
                    List.of("Read"),
                    List.of(),
                    List.of(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty())),
            new FakeSessions.Reconfigured(SessionSettings.NONE));
    assertThat(api.send("PATCH", SESSION + "/config", Map.of(), "").body())
        .contains("\"message\":\"body must be object\"");
    assertThat(api.patch(SESSION + "/config", "{\"model\":\"" + "😀".repeat(101) + "\"}").body())
        .contains("\"message\":\"body/model must NOT have more than 100 characters\"");
  }

  @Test
  void changesConfigOnlyInTheStateThatIsNamed() throws Exception {
    assertThat(api.get(SESSION).header("etag")).isEqualTo("\"config-1\"");
    for (var guard : Map.of("\"config-1\"", 200, "\"config-0\"", 412, "x", 400).entrySet()) {
      var headers = Map.of("If-Match", guard.getKey(), "Content-Type", "application/json");
      var guarded = api.send("PATCH", SESSION + "/config", headers, "{}");
      assertThat(guarded.status()).as(guard.getKey()).isEqualTo(guard.getValue());
    }
  }

  @Test
  void showsMessagesEventsAndLogs() throws Exception {
    var at = Instant.parse("2026-11-22T02:19:53.661Z");
    api.sessions.messages =
        List.of(new MessageRow("m1", "user", "{\"type\":\"user\",\"content\":\"hello\"}", 1, at));
    api.sessions.events =
        List.of(
            new EventRow("e1", "lifecycle", Optional.of("{\"action\":\"created\"}"), 1, at),
            new EventRow("e2", "text", Optional.empty(), 2, at));
    api.sessions.logs = List.of(new LogLine(0, "system", "Sandbox created in 178ms", at));

    assertThat(api.get(SESSION + "/messages").body())
        .isEqualTo(
            "{\"messages\":[{\"id\":\"m1\",\"sessionId\":\""
                + ID
                + "\",\"role\":\"user\","
                + "\"content\":\"{\\\"type\\\":\\\"user\\\",\\\"content\\\":\\\"hello\\\"}\","
                + "\"sequence\":1,\"createdAt\":\"2026-11-22T02:19:53.661Z\","
                + "\"tenantId\":\"default\"}]}");
    assertThat(api.get(SESSION + "/events?limit=%2b7&after=3&type=text").body())
        .isEqualTo(
            "{\"events\":[{\"id\":\"e1\",\"sessionId\":\""
                + ID
                + "\",\"type\":\"lifecycle\","
                + "\"sequence\":1,\"createdAt\":\"2026-11-22T02:19:53.661Z\","
                + "\"tenantId\":\"default\",\"data\":\"{\\\"action\\\":\\\"created\\\"}\"},"
                + "{\"id\":\"e2\",\"sessionId\":\""
                + ID
                + "\",\"type\":\"text\","
                + "\"sequence\":2,\"createdAt\":\"2026-11-22T02:19:53.661Z\","
                + "\"tenantId\":\"default\",\"data\":null}]}");
    assertThat(api.get(SESSION + "/logs").body())
        .isEqualTo(
            "{\"logs\":[{\"index\":0,\"level\":\"system\",\"text\":\"Sandbox created in 178ms\","
                + "\"ts\":\"2026-11-22T02:19:53.661Z\"}],\"source\":\"sandbox\"}");
    assertThat(api.sessions.asked)
        .containsExactly(
            new FakeSessions.Rows(0, 100, Optional.empty()),
            new FakeSessions.Rows(3, 7, Optional.of("text")),
            new FakeSessions.Rows(-1, 0, Optional.empty()));
  }

  @Test
  void runsCommandsInTheSandbox() throws Exception {
    assertThat(api.post(SESSION + "/exec", "{\"command\":\"exit 3\"}").body())
        .isEqualTo("{\"exitCode\":3,\"stdout\":\"out\\n\",\"stderr\":\"err\\n\"}");
    assertThat(api.post(SESSION + "/exec", "{\"command\":7,\"timeout\":\"10000\"}").status())
        .isEqualTo(200);
    assertThat(api.sessions.asked)
        .containsExactly(
            new FakeSessions.Executed("exit 3", Duration.ofSeconds(30)),
            new FakeSessions.Executed("7", Duration.ofSeconds(10)));
    for (var bad :
        List.of(
            "{}", "{\"command\":\"a\",\"timeout\":0}", "{\"command\":\"a\",\"timeout\":300001}")) {
      assertThat(api.post(SESSION + "/exec", bad).body()).isEqualTo(BAD_REQUEST);
    }
  }
}
