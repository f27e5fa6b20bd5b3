package dev.ash.gateway;

import static dev.ash.gateway.Calls.bare;
import static dev.ash.gateway.Calls.request;
import static dev.ash.gateway.Calls.yaml;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.protocol.json.Json;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Who is let in, what is handed on, and what is written down. */
@Timeout(60)
final class ServerTest {
  @RegisterExtension private final BothEnds ends = new BothEnds();
  private final HttpClient http = ends.http();
  private final ScriptedModel model = ends.model();

  @Test
  void handsOnHeadersItDoesNotKnowAndSwapsTheCredential() throws Exception {
    try (var gateway = Rig.start(Rig.config(model.url(), ""))) {
      var reply =
          send(
              request(gateway.url() + "/v1/v1/messages?beta=true", "hello")
                  .header("anthropic-beta", "one-2025-01-01,two-2099-01-01")
                  .header("anthropic-next-year", "yes")
                  .header("x-claude-code-session-id", "s-1")
                  .header("cookie", "a=b")
                  .header("x_api_key", "smuggled")
                  .header("x-forwarded-for", "1.2.3.4"));

      assertThat(reply.statusCode()).isEqualTo(200);
      var call = model.calls().getLast();
      assertThat(call.uri()).isEqualTo("/v1/messages?beta=true");
      assertThat(call.header("anthropic-beta")).contains("one-2025-01-01,two-2099-01-01");
      assertThat(call.header("anthropic-next-year")).contains("yes");
      assertThat(call.header("anthropic-version")).contains("2023-06-01");
      assertThat(call.header("x-api-key")).contains(Rig.PROVIDER_KEY);
      assertThat(call.headers())
          .doesNotContainKeys("authorization", "cookie", "x_api_key", "x-forwarded-for");
      assertThat(call.toString()).doesNotContain(Rig.TOKEN);
    }
  }

  @Test
  void knowsTheKeyInXApiKeyToo() throws Exception {
    try (var gateway = Rig.start(Rig.config(model.url(), ""))) {
      var request = bare(gateway.url() + "/v1/messages", "hello").header("x-api-key", Rig.TOKEN);

      assertThat(send(request).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void refusesWrongMissingAndContradictingKeysBeforeAnythingIsForwarded() throws Exception {
    try (var gateway = Rig.start(Rig.config(model.url(), ""))) {
      var url = gateway.url() + "/v1/messages";

      assertThat(send(bare(url, "x")).statusCode()).isEqualTo(401);
      assertThat(send(bare(url, "x").header("authorization", "Bearer no")).body())
          .contains("authentication_error", "Invalid API key");
      assertThat(send(bare(url, "x").header("authorization", "Basic x")).statusCode())
          .isEqualTo(401);
      assertThat(send(request(url, "x").header("x-api-key", "other")).statusCode()).isEqualTo(401);
      assertThat(model.requests()).isZero();
    }
  }

  @Test
  void barsAnAddressAfterTooManyWrongKeysForAMinute() throws Exception {
    var clock = new Rig.Clock();
    try (var gateway = Rig.start(Rig.config(model.url(), ""), clock, new ByteArrayOutputStream())) {
      var url = gateway.url() + "/v1/messages";
      for (var i = 0; i < 10; i++) {
        assertThat(send(bare(url, "x").header("x-api-key", "wrong-" + i)).statusCode())
            .isEqualTo(401);
      }

      assertThat(send(request(url, "x")).statusCode()).isEqualTo(429);
      clock.pass(Duration.ofSeconds(61));
      assertThat(send(request(url, "x")).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void countsRequestsInASlidingWindow() throws Exception {
    var clock = new Rig.Clock();
    try (var gateway =
        Rig.start(
            Rig.config(model.url(), "requestsPerMinute: 2"), clock, new ByteArrayOutputStream())) {
      var url = gateway.url() + "/v1/messages";
      var first = send(request(url, "x"));
      assertThat(first.headers().firstValue("x-ratelimit-limit")).contains("2");
      assertThat(first.headers().firstValue("x-ratelimit-remaining")).contains("1");
      clock.pass(Duration.ofSeconds(40));
      assertThat(send(request(url, "x")).statusCode()).isEqualTo(200);
      var refused = send(request(url, "x"));
      assertThat(refused.statusCode()).isEqualTo(429);
      assertThat(refused.headers().firstValue("retry-after")).contains("20");
      assertThat(refused.body()).contains("rate_limit_error");
      clock.pass(Duration.ofSeconds(20));
      assertThat(send(request(url, "x")).statusCode()).isEqualTo(200);
      assertThat(send(request(url, "x")).statusCode()).isEqualTo(429);
    }
  }

  @Test
  void stopsAConsumerWhoseTokensAreUsedUp() throws Exception {
    var script = "SCN:[{\"text\":\"a\",\"usage\":{\"input_tokens\":90,\"output_tokens\":20}}]";
    var clock = new Rig.Clock();
    try (var gateway =
        Rig.start(
            Rig.config(model.url(), "tokensPerMinute: 100"), clock, new ByteArrayOutputStream())) {
      var url = gateway.url() + "/v1/messages";

      assertThat(send(request(url, script)).statusCode()).isEqualTo(200);
      Awaitility.await()
          .ignoreExceptionsInstanceOf(IOException.class)
          .until(() -> send(request(url, script)).statusCode() == 429);
      clock.pass(Duration.ofSeconds(61));
      assertThat(send(request(url, script)).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void waitsLongerThanItsIdleTimeForAnAnswerAndNotForARequest() throws Exception {
    var script = "SCN:[{\"text\":\"late\",\"slowMs\":900}]";
    var config = yaml(model.url(), model.url()) + "timeouts: {idle: 300ms}\n";
    try (var gateway = Rig.start(Rig.config(config));
        var socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
      assertThat(send(request(gateway.url() + "/v1/messages", script)).body()).contains("late");

      socket
          .getOutputStream()
          .write(
              ("POST /v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                      + Rig.TOKEN
                      + "\r\nContent-Length: 100\r\n\r\n{")
                  .getBytes(StandardCharsets.US_ASCII));
      var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).doesNotContain("200 OK");
    }
  }

  @Test
  void refusesSmuggledRequests() throws Exception {
    try (var gateway = Rig.start(Rig.config(model.url(), ""));
        var socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port())) {
      socket
          .getOutputStream()
          .write(
              """
              POST /v1/messages HTTP/1.1
              Host: x
              Content-Length: 5
              Transfer-Encoding: chunked

              0

              GET /metrics HTTP/1.1

              """
                  .replace("\n", "\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

      assertThat(answer).startsWith("HTTP/1.1 400").doesNotContain("gateway_requests_total");
    }
  }

  @Test
  void refusesABodyAboveTheLimitAndPathsThatAreNotItsOwn() throws Exception {
    var config = yaml(model.url(), model.url()) + "limits: {requestBytes: 2000}\n";
    try (var gateway = Rig.start(Rig.config(config))) {
      assertThat(send(request(gateway.url() + "/v1/messages", "x".repeat(3_000))).statusCode())
          .isEqualTo(413);
      for (var path : new String[] {"/v1/files", "/v1/messages/", "/v1/%6dessages", "/admin"}) {
        assertThat(send(request(gateway.url() + path, "x")).statusCode()).as(path).isIn(404, 400);
      }
    }
  }

  @Test
  void writesAnAuditLineForEveryRequestWithoutSecretsOrBodies() throws Exception {
    var audit = new ByteArrayOutputStream();
    try (var gateway =
        Rig.start(
            Rig.config(model.url(), "requestsPerMinute: 1"),
            java.time.InstantSource.system(),
            audit)) {
      var url = gateway.url() + "/v1/messages";
      assertThat(send(request(url, "a private thought")).statusCode()).isEqualTo(200);
      assertThat(send(request(url, "a private thought")).statusCode()).isEqualTo(429);
      assertThat(send(bare(url, "x").header("x-api-key", "wrong-key-12345")).statusCode())
          .isEqualTo(401);
      var scrape = HttpRequest.newBuilder(URI.create(gateway.url() + "/metrics"));
      // A call is counted after its answer.
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () ->
                  assertThat(send(scrape).body())
                      .contains("gateway_requests_total{method=\"POST\",model=\"claude-sonnet-5\"")
                      .contains("gateway_auth_failures_total 1.0")
                      .contains("gateway_rate_limit_exceeded_total{consumer=\"team-a\"} 1.0")
                      .contains(
                          "gateway_token_usage_total{model=\"claude-sonnet-5\",type=\"input\""));
      assertThat(send(HttpRequest.newBuilder(URI.create(gateway.url() + "/healthz"))).body())
          .isEqualTo("{\"status\":\"ok\"}");
    }
    var text = audit.toString(StandardCharsets.UTF_8);
    var lines = text.lines().map(line -> Json.parse(line).orElseThrow()).toList();
    assertThat(lines).hasSize(3);
    assertThat(lines.getFirst().path("user_id").asText()).isEqualTo("team-a");
    assertThat(lines.getFirst().path("tokens_used").asInt()).isPositive();
    assertThat(lines.getFirst().path("upstream_endpoint").asText()).contains("/v1/messages");
    assertThat(lines.get(1).path("rate_limited").asBoolean()).isTrue();
    assertThat(lines.get(2).path("status_code").asInt()).isEqualTo(401);
    assertThat(text)
        .doesNotContain("private thought", Rig.TOKEN, Rig.PROVIDER_KEY, "wrong-key-12345");
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return http.send(request.build(), BodyHandlers.ofString());
  }
}
