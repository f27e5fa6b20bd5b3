package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.gateway.server.GatewayServer;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Callers of two addresses of this machine, at a gateway that is for some addresses only. */
@Timeout(60)
final class AddressTest {
  private static final String INSIDE = "127.0.0.2";
  private static final String OUTSIDE = "127.0.0.3";
  private static final String PROXY = "127.0.0.4";
  private static final String RULES =
      "access: {allowFrom: [127.0.0.2/32, 192.0.2.0/24], trustedProxies: [127.0.0.4]}\n";

  private final Rig.Clock clock = new Rig.Clock();
  private final ByteArrayOutputStream audit = new ByteArrayOutputStream();
  private ScriptedModel model;

  @BeforeEach
  void start() throws Exception {
    model = Rig.model();
  }

  @AfterEach
  void stop() {
    model.close();
  }

  @Test
  void refusesOtherAddressesWhateverTheirKeyAndWhateverTheySay() throws Exception {
    try (var gateway = serve(RULES)) {
      assertThat(post(gateway, INSIDE, Rig.TOKEN, "").statusCode()).isEqualTo(200);
      var refused = post(gateway, OUTSIDE, Rig.TOKEN, "");
      assertThat(refused.statusCode()).isEqualTo(403);
      assertThat(refused.body())
          .contains("permission_error", "Address 127.0.0.3 may not call this gateway");
      assertThat(post(gateway, OUTSIDE, Rig.TOKEN, INSIDE).statusCode()).isEqualTo(403);
      assertThat(post(gateway, INSIDE, Rig.TOKEN, OUTSIDE).statusCode()).isEqualTo(200);
      assertThat(get(gateway, OUTSIDE, "/metrics").statusCode()).isEqualTo(403);
      assertThat(model.requests()).isEqualTo(2);
      assertThat(audit.toString(UTF_8).lines().filter(l -> l.contains("\"status_code\":403")))
          .hasSizeGreaterThanOrEqualTo(2)
          .allMatch(line -> line.contains("\"client_ip\":\"127.0.0.3\""));
    }
  }

  @Test
  void believesItsProxyAboutWhomItWasCalledBy() throws Exception {
    try (var gateway = serve(RULES)) {
      assertThat(post(gateway, PROXY, Rig.TOKEN, "1.1.1.1, 192.0.2.7").statusCode()).isEqualTo(200);
      var refused = post(gateway, PROXY, Rig.TOKEN, "192.0.2.7, 198.51.100.7");
      assertThat(refused.statusCode()).isEqualTo(403);
      assertThat(refused.body()).contains("Address 198.51.100.7 may not");
      assertThat(post(gateway, PROXY, Rig.TOKEN, "unknown").body())
          .contains("The proxy 127.0.0.4 does not say which address");
      assertThat(post(gateway, PROXY, Rig.TOKEN, "").body()).contains("Address 127.0.0.4 may not");
      assertThat(audit.toString(UTF_8)).contains("\"client_ip\":\"192.0.2.7\"");
      assertThat(model.calls().getLast().headers()).doesNotContainKey("x-forwarded-for");
    }
  }

  @Test
  void anybodyMayAskForItsHealth() throws Exception {
    try (var gateway = serve(RULES)) {
      assertThat(get(gateway, OUTSIDE, "/health").statusCode()).isEqualTo(200);
      assertThat(get(gateway, PROXY, "/healthz").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void wrongKeysBarWhoSentThemAndNotTheProxyBeforeThem() throws Exception {
    try (var gateway = serve("access: {trustedProxies: [127.0.0.4]}\n")) {
      for (var i = 0; i < 10; i++) {
        assertThat(post(gateway, PROXY, "wrong-" + i, "192.0.2.7").statusCode()).isEqualTo(401);
      }

      assertThat(post(gateway, PROXY, Rig.TOKEN, "192.0.2.7").statusCode()).isEqualTo(429);
      assertThat(post(gateway, PROXY, Rig.TOKEN, "192.0.2.8").statusCode()).isEqualTo(200);
    }
  }

  private GatewayServer serve(String access) throws Exception {
    return Rig.start(Rig.config(Rig.yaml(model.url(), "") + access), clock, audit);
  }

  private static HttpResponse<String> post(
      GatewayServer gateway, String from, String key, String forwarded) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/messages"))
            .header("authorization", "Bearer " + key)
            .POST(
                BodyPublishers.ofString(
                    "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"));
    if (!forwarded.isEmpty()) {
      request.header("x-forwarded-for", forwarded);
    }
    return send(from, request.build());
  }

  private static HttpResponse<String> get(GatewayServer gateway, String from, String path)
      throws Exception {
    return send(from, HttpRequest.newBuilder(URI.create(gateway.url() + path)).build());
  }

  private static HttpResponse<String> send(String from, HttpRequest request) throws Exception {
    try (var http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .localAddress(InetAddress.ofLiteral(from))
            .build()) {
      return http.send(request, BodyHandlers.ofString());
    }
  }
}
