package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.gateway.server.GatewayServer;
import dev.ash.gateway.server.Hashes;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Callers of two addresses of this machine, at a gateway that is for some addresses only. */
@Timeout(60)
final class AddressTest {
  private static final String INSIDE = "127.0.0.2";
  private static final String OUTSIDE = "127.0.0.3";
  private static final String PROXY = "127.0.0.4";
  private static final String RULES =
      "access: {allowFrom: [127.0.0.2/32, 192.0.2.0/24], trustedProxies: [127.0.0.4]}\n";

  @TempDir Path folder;
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
      // A line is written after its answer.
      await().until(() -> refusedLines().size() == 3);
      assertThat(refusedLines()).allMatch(line -> line.contains("\"client_ip\":\"127.0.0.3\""));
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
      assertThat(post(gateway, PROXY, Rig.TOKEN, "").body())
          .contains("The proxy 127.0.0.4 does not say which address");
      await().until(() -> audit.toString(UTF_8).contains("\"client_ip\":\"192.0.2.7\""));
      assertThat(model.calls().getLast().headers()).doesNotContainKey("x-forwarded-for");
    }
  }

  @Test
  void aProxyThatNamesNobodyDoesNotLendItsOwnAddress() throws Exception {
    var inside = "access: {allowFrom: [127.0.0.0/8], trustedProxies: [127.0.0.4]}\n";
    try (var gateway = serve(inside)) {
      var refused = post(gateway, PROXY, Rig.TOKEN, "");
      assertThat(refused.statusCode()).isEqualTo(403);
      assertThat(refused.body()).contains("The proxy 127.0.0.4 does not say which address");
      assertThat(post(gateway, PROXY, Rig.TOKEN, INSIDE).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void theListsHoldAlsoWhenAnotherFileSaysWhoMayCall() throws Exception {
    var upstream =
        "upstreams: [{name: m, url: '%s', credential: {header: x-api-key, value: '%s'}}]\n"
            .formatted(model.url(), Rig.PROVIDER_KEY);
    var main = Files.writeString(folder.resolve("gateway.yaml"), upstream + RULES);
    var key = new Hashes(Optional.empty()).hash(Rig.TOKEN);
    var consumers = "consumers: [{name: team-a, keys: [{hash: %s}]}]\n".formatted(key);
    var others = Files.writeString(folder.resolve("consumers.yaml"), consumers);
    String[] options = {"--config", main.toString(), "--consumers", others.toString()};
    try (var gateway = Serving.start(Map.of(), options)) {
      assertThat(post(gateway.url(), INSIDE, Rig.TOKEN, "").statusCode()).isEqualTo(200);
      assertThat(post(gateway.url(), OUTSIDE, Rig.TOKEN, "").statusCode()).isEqualTo(403);
    }
    Files.writeString(others, consumers + "access: {denyFrom: [127.0.0.9]}\n");

    var ran =
        Rig.run("gateway", "serve", "--config", main.toString(), "--consumers", others.toString());
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).contains("--consumers: addresses in both files (expected: ");
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

  private List<String> refusedLines() {
    return audit
        .toString(UTF_8)
        .lines()
        .filter(line -> line.contains("\"status_code\":403"))
        .toList();
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofSeconds(20));
  }

  private static HttpResponse<String> post(
      GatewayServer gateway, String from, String key, String forwarded) throws Exception {
    return post(gateway.url(), from, key, forwarded);
  }

  private static HttpResponse<String> post(String url, String from, String key, String forwarded)
      throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(url + "/v1/messages"))
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
