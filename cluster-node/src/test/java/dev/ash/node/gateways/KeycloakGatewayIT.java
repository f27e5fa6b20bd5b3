package dev.ash.node.gateways;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.scriptedmodel.ScriptedModel;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Our gateway takes the tokens of a real Keycloak, with the scopes that they have. */
@Tag("soak")
@Timeout(300)
final class KeycloakGatewayIT {
  private static final String PROVIDER_KEY = "canary-provider-key";
  private static final String BOTH = "anthropic:read anthropic:write";

  @TempDir private Path folder;

  @Test
  void takesItsTokensAsFarAsTheirScopesGo() throws Exception {
    try (var keycloak = Keycloak.start(folder);
        var model =
            ScriptedModel.start(ScriptedModel.Options.onPort(0).requiringKey(PROVIDER_KEY))) {
      var config =
          Files.writeString(
              folder.resolve("gateway.yaml"),
              """
              upstreams:
                - {name: model, url: '%s', credential: {header: x-api-key, value: '${ANTHROPIC_API_KEY}'}}
              oauth: {issuer: '%s', audience: ash-gateway, consumerClaim: azp, requestsPerMinute: 1000}
              """
                  .formatted(model.url(), keycloak.issuer()));
      var port = OwnedProcess.freePort();
      try (var _ =
          OwnedProcess.start(
              folder,
              "gateway",
              TestTools.gateway(
                  "serve", "--config", config.toString(), "--port", Integer.toString(port)),
              Map.of("ANTHROPIC_API_KEY", PROVIDER_KEY),
              port,
              Duration.ofSeconds(60))) {
        proves(keycloak, model, "http://127.0.0.1:" + port);
      }
    }
  }

  private static void proves(Keycloak keycloak, ScriptedModel model, String url) throws Exception {
    var token = keycloak.token(BOTH);
    var verdict = TestTools.run(TestTools.gateway("validate", "--url", url, "--token", token));
    assertThat(verdict.out()).contains("Gateway is COMPATIBLE");
    assertThat(model.calls())
        .isNotEmpty()
        .allSatisfy(
            call -> {
              assertThat(call.header("x-api-key")).contains(PROVIDER_KEY);
              assertThat(call.toString()).doesNotContain(token);
            });

    var reader = keycloak.token("anthropic:read");
    assertThat(models(url, reader).statusCode()).isEqualTo(200);
    var refused = post(url, reader);
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.body()).contains("permission_error", "anthropic:write");
    assertThat(post(url, keycloak.administratorsToken()).statusCode()).isEqualTo(401);

    // It lives 4 s, and clocks may differ by 30.
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> post(url, token).statusCode() == 401);
    assertThat(post(url, keycloak.token(BOTH)).statusCode()).isEqualTo(200);
  }

  private static HttpResponse<String> models(String url, String token) throws Exception {
    return send(request(url + "/v1/models", token));
  }

  private static HttpResponse<String> post(String url, String token) throws Exception {
    return send(
        request(url + "/v1/messages", token)
            .POST(
                BodyPublishers.ofString(
                    "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}")));
  }

  private static HttpRequest.Builder request(String url, String token) {
    return HttpRequest.newBuilder(URI.create(url))
        .header("authorization", "Bearer " + token)
        .header("content-type", "application/json");
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    try (var http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      return http.send(request.build(), BodyHandlers.ofString());
    }
  }
}
