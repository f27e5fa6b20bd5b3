package dev.ash.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.config.Secret;
import dev.ash.persistence.Database.DatabaseException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What holds for every route (contract 2.1, 2.2 and 3). */
final class GateTest {
  private static final String SESSION = "/api/sessions/" + FakeSessions.ID;
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
  void refusesWhoHasNoKey() throws Exception {
    var reply = api.anonymous("GET", "/api/agents", Map.of());

    assertThat(reply.status()).isEqualTo(401);
    assertThat(reply.body())
        .isEqualTo("{\"error\":\"Missing Authorization header\",\"statusCode\":401}");
    assertThat(reply.header("content-type")).isEqualTo("application/json; charset=utf-8");
    assertThat(reply.header("vary")).isEqualTo("Origin");
    assertThat(reply.header("access-control-allow-credentials")).isEqualTo("true");
    assertThat(reply.headers()).doesNotContainKeys("x-ratelimit-limit", "www-authenticate");
  }

  @Test
  void tellsApartWrongKeysAndWrongHeaders() throws Exception {
    for (var wrong : List.of("Bearer nope", "Bearer " + "x".repeat(600))) {
      var reply = api.anonymous("GET", "/api/agents", Map.of("Authorization", wrong));
      assertThat(reply.body()).isEqualTo("{\"error\":\"Invalid API key\",\"statusCode\":401}");
    }
    for (var odd :
        List.of(
            "Basic dGVzdDp0ZXN0",
            "bearer test-key-1",
            "Bearer  test-key-1",
            "Bearer",
            "Bearer test-key-1 more",
            "test-key-1")) {
      var reply = api.anonymous("GET", "/api/agents", Map.of("Authorization", odd));
      assertThat(reply.status()).isEqualTo(401);
      assertThat(reply.body())
          .isEqualTo("{\"error\":\"Invalid Authorization header format\",\"statusCode\":401}");
    }
  }

  @Test
  void asksForTheKeyBeforeItSaysWhatExists() throws Exception {
    assertThat(api.anonymous("GET", "/api/nothing", Map.of()).status()).isEqualTo(401);
    assertThat(api.anonymous("GET", "/", Map.of()).status()).isEqualTo(401);
    assertThat(api.anonymous("GET", "/favicon.ico", Map.of()).status()).isEqualTo(404);
    assertThat(api.anonymous("GET", "/docs/nothing", Map.of()).status()).isEqualTo(404);
    assertThat(api.anonymous("GET", "/dashboard/", Map.of()).status()).isEqualTo(404);
  }

  @Test
  void answersUnknownRoutesAndMethodsAlike() throws Exception {
    var reply = api.get("/api/nothing?a=1");

    assertThat(reply.status()).isEqualTo(404);
    assertThat(reply.body())
        .isEqualTo(
            "{\"message\":\"Route GET:/api/nothing?a=1 not found\",\"error\":\"Not Found\","
                + "\"statusCode\":404}");
    assertThat(reply.headers()).doesNotContainKey("x-ratelimit-limit");
    assertThat(api.send("PUT", "/api/agents", Map.of(), "").body())
        .isEqualTo(
            "{\"message\":\"Route PUT:/api/agents not found\",\"error\":\"Not Found\","
                + "\"statusCode\":404}");
    assertThat(api.get("/health/").status()).isEqualTo(404);
    assertThat(api.get("/api/agents/").status()).isEqualTo(404);
    assertThat(api.get("//health").status()).isEqualTo(404);
  }

  @Test
  void answersHeadAsGetWithoutTheBody() throws Exception {
    var head = api.send("HEAD", "/api/agents/mock-agent", Map.of(), "");
    var get = api.get("/api/agents/mock-agent");

    assertThat(head.status()).isEqualTo(200);
    assertThat(head.header("content-length")).isEqualTo(get.header("content-length"));
    assertThat(api.anonymous("HEAD", "/health", Map.of()).status()).isEqualTo(200);
  }

  @Test
  void countsRequestsPerKey() throws Exception {
    var first = api.get("/api/agents");
    api.now = ApiServer.NOW.plusSeconds(40);
    var second = api.get("/api/agents");
    var other =
        api.send("GET", "/api/agents", Map.of("Authorization", "Bearer " + FakeKeys.OTHER), "");

    assertThat(first.header("x-ratelimit-limit")).isEqualTo("1500");
    assertThat(first.header("x-ratelimit-remaining")).isEqualTo("1499");
    assertThat(first.header("x-ratelimit-reset")).isEqualTo("900");
    assertThat(second.header("x-ratelimit-remaining")).isEqualTo("1498");
    assertThat(second.header("x-ratelimit-reset")).isEqualTo("860");
    assertThat(other.header("x-ratelimit-remaining")).isEqualTo("1499");
  }

  @Test
  void stopsAKeyThatCreatesTooMuch() throws Exception {
    for (var i = 0; i < 20; i++) {
      assertThat(api.post("/api/sessions", "{}").status()).isEqualTo(400);
    }
    var reply = api.post("/api/sessions", "{\"agent\":\"mock-agent\"}");

    assertThat(reply.status()).isEqualTo(429);
    assertThat(reply.body())
        .isEqualTo(
            "{\"statusCode\":429,\"error\":\"Too Many Requests\",\"message\":"
                + "\"Rate limit exceeded, retry in 15 minutes\"}");
    assertThat(reply.header("x-ratelimit-limit")).isEqualTo("20");
    assertThat(reply.header("x-ratelimit-remaining")).isEqualTo("0");
    assertThat(reply.header("retry-after")).isEqualTo("900");
    assertThat(api.post("/api/agents", "{\"name\":\"a\"}").status()).isEqualTo(201);

    api.now = ApiServer.NOW.plusSeconds(900);
    assertThat(api.post("/api/sessions", "{\"agent\":\"mock-agent\"}").status()).isEqualTo(201);
  }

  @Test
  void letsBrowsersAskFirst() throws Exception {
    var reply =
        api.anonymous(
            "OPTIONS",
            "/api/agents",
            Map.of(
                "Origin",
                "http://evil.example",
                "Access-Control-Request-Method",
                "POST",
                "Access-Control-Request-Headers",
                "authorization,content-type"));

    assertThat(reply.status()).isEqualTo(204);
    assertThat(reply.header("vary")).isEqualTo("Origin, Access-Control-Request-Headers");
    assertThat(reply.header("access-control-allow-origin")).isEqualTo("http://evil.example");
    assertThat(reply.header("access-control-allow-credentials")).isEqualTo("true");
    assertThat(reply.header("access-control-allow-methods"))
        .isEqualTo("GET,HEAD,PUT,PATCH,POST,DELETE");
    assertThat(reply.header("access-control-allow-headers"))
        .isEqualTo("authorization,content-type");
  }

  @Test
  void allowsOnlyTheConfiguredOrigins() throws Exception {
    try (var strict =
        new ApiServer(
            ApiServer.config(List.of("https://app.example"), 100, 100), Optional.empty())) {
      var good = strict.send("GET", "/api/agents", Map.of("Origin", "https://app.example"), "");
      var bad = strict.send("GET", "/api/agents", Map.of("Origin", "http://evil.example"), "");

      assertThat(good.header("access-control-allow-origin")).isEqualTo("https://app.example");
      assertThat(bad.headers()).doesNotContainKey("access-control-allow-origin");
    }
  }

  @Test
  void saysWhatIsWrongWithABody() throws Exception {
    var patch = "/api/agents/mock-agent";
    assertThat(api.patch(patch, "").body())
        .isEqualTo(
            "{\"statusCode\":400,\"code\":\"FST_ERR_CTP_EMPTY_JSON_BODY\",\"error\":\"Bad Request\","
                + "\"message\":\"Body cannot be empty when content-type is set to"
                + " 'application/json'\"}");
    for (var bad :
        List.of(
            "{\"env\":",
            "{\"__proto__\":{}}",
            "{\"config\":{\"constructor\":{\"prototype\":1}}}",
            "{\"env\":{},\"env\":{}}",
            "{} {}",
            "{'a':1}",
            "[".repeat(500) + "]".repeat(500),
            "{\"config\":" + "9".repeat(1000) + "}")) {
      assertThat(api.patch(patch, bad).body())
          .isEqualTo(
              "{\"statusCode\":400,\"code\":\"FST_ERR_CTP_INVALID_JSON_BODY\","
                  + "\"error\":\"Bad Request\",\"message\":\"Body is not valid JSON but"
                  + " content-type is set to 'application/json'\"}");
    }
    assertThat(api.send("PATCH", patch + "/config", Map.of(), "").body())
        .isEqualTo(
            "{\"statusCode\":400,\"code\":\"FST_ERR_VALIDATION\",\"error\":\"Bad Request\","
                + "\"message\":\"body must be object\"}");
    assertThat(api.send("PATCH", patch, Map.of("Content-Type", "text/plain"), "hi").body())
        .contains("\"message\":\"body must be object\"");
  }

  @Test
  void tellsNoDetailsWhereTheContractTellsNone() throws Exception {
    for (var bad : List.of("{\"agent\":", "", "{}", "[]", "null")) {
      var reply = api.post("/api/sessions", bad);
      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.body()).isEqualTo("{\"error\":\"Bad Request\",\"statusCode\":400}");
    }
  }

  @Test
  void refusesBytesThatAreNotUtf8() throws Exception {
    var body = new byte[] {'{', '"', 'a', '"', ':', '"', (byte) 0xc3, '(', '"', '}'};
    var reply =
        RawHttp.send(
            api.port(),
            "PATCH",
            "/api/agents/mock-agent",
            Map.of("Authorization", "Bearer test-key-1", "Content-Type", "application/json"),
            body);

    assertThat(reply.status()).isEqualTo(400);
  }

  @Test
  void refusesOtherMediaTypes() throws Exception {
    for (var type : List.of("application/xml", "application/x-www-form-urlencoded")) {
      var reply = api.send("PATCH", "/api/agents/mock-agent", Map.of("Content-Type", type), "x");
      assertThat(reply.status()).isEqualTo(415);
      assertThat(reply.body())
          .isEqualTo(
              "{\"statusCode\":415,\"code\":\"FST_ERR_CTP_INVALID_MEDIA_TYPE\","
                  + "\"error\":\"Unsupported Media Type\","
                  + "\"message\":\"Unsupported Media Type\"}");
    }
    assertThat(api.send("PATCH", "/api/agents/mock-agent", Map.of(), "{}").status()).isEqualTo(415);
  }

  @Test
  void refusesBodiesOverTheLimitHoweverTheyAreSent() throws Exception {
    var expected =
        "{\"statusCode\":413,\"code\":\"FST_ERR_CTP_BODY_TOO_LARGE\","
            + "\"error\":\"Payload Too Large\",\"message\":\"Request body is too large\"}";
    var large = "{\"agentName\":\"a\",\"prompt\":\"" + "y".repeat(2 * 1024 * 1024) + "\"}";
    var counted = api.post("/api/queue", large);
    assertThat(counted.status()).isEqualTo(413);
    assertThat(counted.body()).isEqualTo(expected);

    try (var http = new RawHttp(api.port())) {
      http.write(
          """
          POST /api/queue HTTP/1.1\r
          Host: x\r
          Authorization: Bearer test-key-1\r
          Content-Type: application/json\r
          Transfer-Encoding: chunked\r
          \r
          """);
      for (var sent = 0; sent < large.length(); sent += 65536) {
        var part = large.substring(sent, Math.min(large.length(), sent + 65536));
        http.write(Integer.toHexString(part.length()) + "\r\n" + part + "\r\n");
      }
      http.write("0\r\n\r\n");
      assertThat(http.read(false).body()).isEqualTo(expected);
    }
    var fits = "{\"agentName\":\"a\",\"prompt\":\"" + "y".repeat(1024 * 1024 - 29) + "\"}";
    assertThat(fits).hasSize(1024 * 1024);
    assertThat(api.post("/api/queue", fits).status()).isEqualTo(201);
    assertThat(api.post("/api/queue", fits + " ").status()).isEqualTo(413);
  }

  @Test
  void acceptsEmptyBodiesWithAJsonTypeWhereThereIsNothingToSay() throws Exception {
    for (var command : List.of("pause", "resume", "stop", "fork", "interrupt")) {
      assertThat(api.post(SESSION + "/" + command, "").status()).isBetween(200, 201);
      assertThat(api.post(SESSION + "/" + command, "{}").status()).isBetween(200, 201);
      assertThat(api.post(SESSION + "/" + command).status()).isBetween(200, 201);
      assertThat(api.post(SESSION + "/" + command, "{").status()).isEqualTo(400);
    }
    var json = Map.of("Content-Type", "application/json");
    assertThat(api.send("DELETE", SESSION, json, "").status()).isEqualTo(200);
    assertThat(api.post("/api/api-keys", "").status()).isEqualTo(201);
  }

  @Test
  void hidesWhatWentWrongInside() throws Exception {
    api.sessions.failure = Optional.of(new IllegalStateException("/etc/secret path"));
    var reply = api.get(SESSION);

    assertThat(reply.status()).isEqualTo(500);
    assertThat(reply.body())
        .matches(
            "\\{\"statusCode\":500,\"error\":\"Internal Server Error\","
                + "\"message\":\"Unexpected error [0-9a-z]+-1\"\\}");
    assertThat(reply.header("x-ratelimit-limit")).isEqualTo("1500");
  }

  @Test
  void aTextThatNoDatabaseTakesIsTheClientsFault() throws Exception {
    api.sessions.failure =
        Optional.of(
            new CompletionException(
                new DatabaseException("refused", new SQLException("0x00", "22021"))));
    var reply = api.get(SESSION);

    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.body())
        .isEqualTo(
            "{\"error\":\"A text of the request has a NUL character (U+0000); it can be stored"
                + " nowhere\",\"statusCode\":400}");
  }

  @Test
  void resolvesDotSegmentsBeforeItLooksForARoute() throws Exception {
    for (var path :
        List.of(
            SESSION + "/files/../../../health",
            SESSION + "/files/%2e%2e/%2e%2e/x",
            SESSION + "/files/.%2E/x",
            SESSION + "/files/a/../../../../x")) {
      assertThat(api.get(path).status()).as(path).isIn(400, 404);
    }
    assertThat(api.anonymous("GET", "/health/../api/agents", Map.of()).status()).isEqualTo(401);
    assertThat(api.sessions.asked).isEmpty();
  }

  @Test
  void answersBrokenRequestsWithoutFallingOver() throws Exception {
    for (var path : List.of("/api/agents/%zz", "/api/agents/%c3%28", "/api/agents/%", "/a b")) {
      assertThat(api.get(path).status()).as(path).isIn(400, 404, 505);
    }
    assertThat(api.get("/api/agents/%zz").body())
        .isEqualTo("{\"error\":\"Bad Request\",\"statusCode\":400}");
    var huge = api.anonymous("GET", "/health", Map.of("X-Huge", "x".repeat(100_000)));
    assertThat(huge.status()).isIn(400, 431);
    assertThat(api.get("/health").status()).isEqualTo(200);
  }

  @Test
  void guardsInternalRoutesWithTheirOwnSecret() throws Exception {
    var url = "/api/internal/api-keys";
    var json = "Content-Type";
    var type = "application/json";
    var good = Map.of("Authorization", "Bearer s3cret", json, type);
    var without = api.send("POST", url, Map.of(json, type), "{\"tenantId\":\"acme\"}");

    assertThat(without.status()).isEqualTo(401);
    assertThat(without.body())
        .isEqualTo("{\"error\":\"Unauthorized — invalid or missing internal secret\"}");
    assertThat(api.send("POST", url, good, "{\"tenantId\":\"acme\"}").body())
        .isEqualTo("{\"id\":\"id-platform-acme\",\"key\":\"ash_new\",\"tenantId\":\"acme\"}");
    assertThat(api.send("POST", url, good, "{\"tenantId\":\"acme\",\"label\":\"l\"}").body())
        .isEqualTo("{\"id\":\"id-l\",\"key\":\"ash_new\",\"tenantId\":\"acme\"}");
    for (var bad : List.of("", "{}", "[]", "{\"tenantId\":\"\"}", "{\"tenantId\":{}}")) {
      var reply = api.send("POST", url, good, bad);
      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.body()).isEqualTo("{\"error\":\"Missing required field: tenantId\"}");
    }
    try (var open = new ApiServer(ApiServer.config(List.of(), 100, 100), Optional.empty())) {
      var reply = open.send("POST", url, good, "{\"tenantId\":\"acme\"}");
      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.body())
          .isEqualTo(
              "{\"error\":\"Internal endpoints disabled — ASH_INTERNAL_SECRET is required in"
                  + " production\"}");
    }
  }

  @Test
  void limitsStrangersByAddress() throws Exception {
    try (var strict =
        new ApiServer(ApiServer.config(List.of(), 2, 2), Optional.of(new Secret("s")))) {
      var spoofed = Map.of("X-Forwarded-For", "1.2.3.4");
      assertThat(strict.anonymous("GET", "/health", Map.of()).status()).isEqualTo(200);
      assertThat(strict.anonymous("GET", "/health", spoofed).status()).isEqualTo(200);
      assertThat(strict.anonymous("GET", "/health", spoofed).status()).isEqualTo(429);
      assertThat(strict.get("/api/agents").status()).isEqualTo(200);
    }
  }

  @Test
  void keepsAConnectionForTheNextRequest() throws Exception {
    try (var http = new RawHttp(api.port())) {
      for (var i = 0; i < 3; i++) {
        http.write(RawHttp.head("GET", "/health", Map.of(), 0).getBytes(StandardCharsets.UTF_8));
        assertThat(http.read(false).status()).isEqualTo(200);
      }
    }
  }
}
