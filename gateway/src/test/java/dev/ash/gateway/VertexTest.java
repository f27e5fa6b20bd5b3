package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.server.GatewayServer;
import dev.ash.gateway.server.Hashes;
import dev.ash.protocol.json.Json;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients speak Anthropic's interface and have a key of ours; Google sees a service account. */
@Timeout(60)
final class VertexTest {
  private static final String MODELS =
      "/v1/projects/canary-project/locations/europe-west1/publishers/anthropic/models/";

  @TempDir Path folder;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ByteArrayOutputStream audit = new ByteArrayOutputStream();
  private FakeVertex vertex;

  @BeforeEach
  void start() throws Exception {
    vertex = new FakeVertex();
  }

  @AfterEach
  void stop() {
    http.shutdownNow();
    vertex.close();
  }

  @Test
  void signsInAndTurnsTheCallIntoOneOfVertex() throws Exception {
    try (var gateway = started("")) {
      var answer = call(gateway, "claude-sonnet-4-5-20250929", false);

      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).contains("from Vertex");
      var call = vertex.calls().getFirst();
      assertThat(call.path()).isEqualTo(MODELS + "claude-sonnet-4-5@20250929:rawPredict");
      var body = Json.parse(call.body()).orElseThrow();
      assertThat(body.path("anthropic_version").asText()).isEqualTo("vertex-2023-10-16");
      assertThat(body.has("model")).isFalse();
      assertThat(body.path("max_tokens").asInt()).isEqualTo(20);
      assertThat(body.path("messages").path(0).path("content").asText()).isEqualTo("hello");
      assertThat(call.headers()).containsEntry("anthropic-beta", "one-2025-01-01,two-2025-01-01");
      assertThat(call.headers())
          .doesNotContainKeys("x-api-key", "anthropic-version", "x-claude-code-session-id");
      assertThat(call.toString()).doesNotContain(Rig.TOKEN);

      assertThat(call(gateway, "claude-sonnet-4-5", false).statusCode()).isEqualTo(200);
      assertThat(vertex.tokens()).isEqualTo(1);
    }
    var line =
        Json.parse(audit.toString(StandardCharsets.UTF_8).lines().findFirst().orElseThrow())
            .orElseThrow();
    assertThat(line.path("upstream_request_id").asText()).isEqualTo("req_vrtx_1");
    assertThat(line.path("tokens_used").asInt()).isEqualTo(14);
    assertThat(audit.toString(StandardCharsets.UTF_8)).doesNotContain("canary-google-token");
  }

  @Test
  void streamsAndCounts() throws Exception {
    try (var gateway = started("")) {
      var streamed = call(gateway, "claude-sonnet-4-5", true);
      assertThat(streamed.headers().firstValue("content-type")).contains("text/event-stream");
      assertThat(streamed.body()).endsWith("data: {\"type\":\"message_stop\"}\n\n");
      assertThat(vertex.calls().getLast().path())
          .isEqualTo(MODELS + "claude-sonnet-4-5:streamRawPredict");

      var counted = send(gateway, "/v1/messages/count_tokens", "claude-sonnet-4-5", true);
      assertThat(counted.statusCode()).isEqualTo(200);
      assertThat(vertex.calls().getLast().path()).isEqualTo(MODELS + "count-tokens:rawPredict");
      assertThat(Json.parse(vertex.calls().getLast().body()).orElseThrow().path("model").asText())
          .isEqualTo("claude-sonnet-4-5");
    }
  }

  @Test
  void getsANewTokenWhenOneIsRefusedButNotForEveryCall() throws Exception {
    try (var gateway = started("")) {
      assertThat(call(gateway, "claude-sonnet-4-5", false).statusCode()).isEqualTo(200);
      vertex.refuseNewestToken();
      assertThat(call(gateway, "claude-sonnet-4-5", false).statusCode()).isEqualTo(200);
      assertThat(vertex.tokens()).isEqualTo(2);

      vertex.refuseNewestToken();
      var refused = call(gateway, "claude-sonnet-4-5", false);
      // It is no fault of the caller's key.
      assertThat(refused.statusCode()).isEqualTo(502);
      assertThat(refused.body())
          .contains("api_error", "Vertex refused the gateway's credential")
          .doesNotContain("canary");
      assertThat(vertex.tokens()).isEqualTo(2);
    }
  }

  @Test
  void passesErrorsOnInTheFormOfTheApi() throws Exception {
    vertex.answers(
        "claude-busy",
        429,
        "{\"error\":{\"code\":429,\"message\":\"Quota exceeded\",\"status\":\"RESOURCE_EXHAUSTED\"}}");
    vertex.answers(
        "claude-odd",
        529,
        "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}");
    vertex.answers("claude-torn", 500, "<html>");
    try (var gateway = started("")) {
      var busy = call(gateway, "claude-busy", true);
      assertThat(busy.statusCode()).isEqualTo(429);
      assertThat(busy.headers().firstValue("retry-after")).contains("7");
      assertThat(busy.body()).contains("\"type\":\"error\"", "rate_limit_error", "Quota exceeded");
      var odd = call(gateway, "claude-odd", false);
      assertThat(odd.statusCode()).isEqualTo(529);
      assertThat(odd.body()).contains("overloaded_error", "Overloaded");
      assertThat(call(gateway, "claude-torn", false).body()).contains("Vertex answered with an");
    }
  }

  @Test
  void whatVertexDoesNotHaveGoesToTheNextUpstream() throws Exception {
    try (var model = Rig.model()) {
      try (var alone = started("")) {
        var unknown = call(alone, "gpt/../../x", false);
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(unknown.body()).contains("has no name at Vertex here");
        assertThat(vertex.calls()).isEmpty();
      }
      try (var both =
          started(
              "  - {name: next, url: '%s', credential: {value: %s}}\n"
                  .formatted(model.url(), Rig.PROVIDER_KEY))) {
        assertThat(call(both, "some-other-model", false).statusCode()).isEqualTo(200);
        assertThat(model.requests()).isEqualTo(1);
        vertex.answers("claude-sonnet-4-5", 503, "{\"error\":{\"message\":\"away\"}}");
        assertThat(call(both, "claude-sonnet-4-5", false).statusCode()).isEqualTo(200);
        assertThat(model.requests()).isEqualTo(2);
      }
    }
  }

  @Test
  void whatAnEarlierUpstreamSaidIsKeptWhenVertexDoesNotHaveTheModel() throws Exception {
    var body = "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}";
    try (var first = new CannedServer().answering("/v1/messages", 529, body);
        var gateway =
            started(
                """
                  - {name: first, url: '%s', credential: {value: %s}}
                routes: [{upstreams: [first, vertex]}]
                """
                    .formatted(first.url(), Rig.PROVIDER_KEY))) {
      // More often than it takes to spare the first.
      for (var i = 0; i < 5; i++) {
        var answer = call(gateway, "some-other-model", false);
        assertThat(answer.statusCode()).isEqualTo(529);
        assertThat(answer.body()).isEqualTo(body);
      }
      assertThat(call(gateway, "some-other-model", false).statusCode()).isEqualTo(503);
      assertThat(vertex.calls()).isEmpty();
    }
  }

  @Test
  void aBodyThatIsNoJsonIsRefused() throws Exception {
    try (var gateway = started("")) {
      var answer =
          http.send(
              HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/messages"))
                  .header("authorization", "Bearer " + Rig.TOKEN)
                  .POST(BodyPublishers.ofString("{\"model\":"))
                  .build(),
              BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(answer.body()).contains("invalid_request_error", "body: no JSON");
      assertThat(vertex.calls()).isEmpty();
    }
  }

  @Test
  void withoutATokenItSaysSoAndNotWhy() throws Exception {
    vertex.tokensAnswer(403);
    try (var gateway = started("")) {
      var answer = call(gateway, "claude-sonnet-4-5", false);
      assertThat(answer.statusCode()).isEqualTo(502);
      assertThat(answer.body())
          .contains("No access token of Google was got", "status 403")
          .doesNotContain("canary");
      assertThat(vertex.calls()).isEmpty();
    }
  }

  @Test
  void refusesAConfigurationThatCannotWork() {
    assertThatThrownBy(() -> read("vertex: {project: 'a/b', location: europe-west1}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("upstreams[0].vertex.project: a/b (expected: ");
    assertThatThrownBy(() -> read("vertex: {project: p, location: global, models: {'*': 'x/y'}}"))
        .hasMessageStartingWith("upstreams[0].vertex.models.*: x/y (expected: ");
    assertThatThrownBy(
            () -> read("vertex: {project: p, location: global, credentials: no-such-file}"))
        .hasMessageStartingWith("upstreams[0].vertex.credentials: ")
        .hasMessageContaining("no-such-file (expected: a file that this user can read)");
    assertThatThrownBy(
            () ->
                read("vertex: {project: p, location: global}, credential: {value: canary-key-123}"))
        .hasMessageContaining("none beside vertex")
        .hasMessageNotContaining("canary");
  }

  @Test
  void knowsTheAddressOfALocation() throws Exception {
    assertThat(read("vertex: {project: p, location: europe-west1}").toString())
        .contains("https://europe-west1-aiplatform.");
    assertThat(read("vertex: {project: p, location: global}").toString())
        .contains("https://aiplatform.");
  }

  private static URI read(String vertex) throws ConfigException {
    return Rig.config(
            """
            upstreams:
              - {name: vertex, %s}
            access: {open: true}
            """
                .formatted(vertex))
        .upstreams()
        .getFirst()
        .url();
  }

  private GatewayServer started(String more) throws Exception {
    return Rig.start(
        Rig.config(
            """
            upstreams:
              - name: vertex
                url: %s
                vertex:
                  project: canary-project
                  location: europe-west1
                  credentials: %s
                  betas: [one-*, two-*]
            %sconsumers:
              - {name: team-a, keys: [{hash: %s}]}
            """
                .formatted(
                    vertex.url(),
                    vertex.accountFile(folder),
                    more,
                    new Hashes(Optional.empty()).hash(Rig.TOKEN))),
        InstantSource.system(),
        audit);
  }

  private HttpResponse<String> call(GatewayServer gateway, String name, boolean stream)
      throws Exception {
    return send(gateway, "/v1/messages?beta=true", name, stream);
  }

  private HttpResponse<String> send(GatewayServer gateway, String path, String name, boolean stream)
      throws Exception {
    var body = Json.object().put("model", name).put("max_tokens", 20).put("stream", stream);
    body.put("anthropic_version", "a-client-says-so");
    body.putArray("messages").addObject().put("role", "user").put("content", "hello");
    return http.send(
        HttpRequest.newBuilder(URI.create(gateway.url() + path))
            .header("content-type", "application/json")
            .header("authorization", "Bearer " + Rig.TOKEN)
            .header("anthropic-version", "2023-06-01")
            .header("anthropic-beta", "one-2025-01-01,three-2025-01-01,two-2025-01-01")
            .header("x-claude-code-session-id", "s-1")
            .POST(BodyPublishers.ofString(Json.write(body)))
            .build(),
        BodyHandlers.ofString());
  }
}
