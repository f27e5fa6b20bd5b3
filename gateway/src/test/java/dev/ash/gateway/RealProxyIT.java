package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.gateway.check.Pause;
import dev.ash.gateway.tls.Pem;
import dev.ash.scriptedmodel.ScriptedModel;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The templates for nginx (with TLS before it) and HAProxy in the real programs. */
@Tag("soak")
@Timeout(240)
final class RealProxyIT {
  @TempDir Path folder;
  private ScriptedModel model;

  enum Product {
    NGINX,
    HAPROXY;

    /** HAProxy's template has a host of 443 in mind, and so no port. */
    String host(int port) {
      return this == NGINX ? "localhost:" + port : "localhost";
    }
  }

  @BeforeEach
  void startModel() throws Exception {
    model = Rig.model();
  }

  @AfterEach
  void stopModel() {
    model.close();
  }

  @ParameterizedTest
  @EnumSource
  void isCompatible(Product product) throws Exception {
    try (var proxy = started(product, UnaryOperator.identity())) {
      var ran =
          Rig.run(
              command(
                  "validate",
                  proxy,
                  "--verbose",
                  "--stream-prompt",
                  "SCN:[{\"text\":\"one two three four five six\",\"chunk\":4,\"chunkMs\":100}]"));

      assertThat(ran.out()).contains("Gateway is COMPATIBLE", "Passed: 6");
    }
  }

  @ParameterizedTest
  @EnumSource
  void speaksVerifiedTlsWithTheProvider(Product product) throws Exception {
    var authority = Certificates.authority(folder, "provider-ca");
    try (var provider = new TlsUpstream(authority.server("provider", "DNS:localhost"));
        var proxy = started(product, provider, authority.authority())) {
      assertThat(say(proxy, Map.of()).statusCode()).isEqualTo(200);
      var call = provider.calls().getFirst();
      assertThat(call.serverNames()).containsExactly("localhost");
      assertThat(call.headers()).containsEntry("Host", List.of(product.host(provider.port())));
      assertThat(call.headers()).containsEntry("X-api-key", List.of(Rig.PROVIDER_KEY));
      assertThat(call.toString()).doesNotContain(Rig.TOKEN);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "NGINX, DNS:other.example, provider-ca",
    "NGINX, DNS:localhost, other-ca",
    "HAPROXY, DNS:other.example, provider-ca",
    "HAPROXY, DNS:localhost, other-ca",
  })
  void givesTheKeyToNobodyWithAWrongCertificate(Product product, String name, String signer)
      throws Exception {
    var trusted = Certificates.authority(folder, "provider-ca");
    var signing = signer.equals("provider-ca") ? trusted : Certificates.authority(folder, signer);
    try (var provider = new TlsUpstream(signing.server("provider", name));
        var proxy = started(product, provider, trusted.authority())) {
      assertThat(say(proxy, Map.of()).statusCode()).isIn(502, 503);
      assertThat(provider.calls()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void removesWhatTellsWhoTheClientIs(Product product) throws Exception {
    try (var proxy = started(product, UnaryOperator.identity())) {
      var answer =
          say(
              proxy,
              Map.of(
                  "Cookie", "a=b",
                  "Forwarded", "for=1.2.3.4",
                  "X-Forwarded-For", "1.2.3.4",
                  "x-forwarded-host", "inner.example",
                  "X-Forwarded-User", "someone",
                  "X-Real-IP", "1.2.3.4",
                  "Proxy-Authenticate", "x",
                  "x_api_key", "smuggled",
                  "anthropic-next-year", "yes"));

      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(model.calls()).hasSize(1);
      var call = model.calls().getFirst();
      assertThat(call.header("anthropic-next-year")).contains("yes");
      assertThat(call.header("anthropic-version")).contains("2023-06-01");
      assertThat(call.header("host").orElseThrow()).startsWith("127.0.0.1");
      assertThat(call.headers().keySet())
          .noneMatch(
              header ->
                  header.matches(
                      "(?i)cookie|forwarded|(x[-_]forwarded|proxy|x[-_]real).*|x_api_key"));
      assertThat(call.toString()).doesNotContain(Rig.TOKEN);
    }
  }

  @ParameterizedTest
  @EnumSource
  void answersHealthAndRefusesInTheShapeOfTheApi(Product product) throws Exception {
    try (var proxy = started(product, UnaryOperator.identity())) {
      for (var path : List.of("/health", "/healthz")) {
        var healthy = send(proxy, request(proxy, path).GET());
        assertThat(healthy.statusCode()).isEqualTo(200);
        assertThat(healthy.body()).isEqualTo("{\"status\":\"ok\"}");
      }
      var refused =
          send(
              proxy,
              request(proxy, "/v1/messages")
                  .header("authorization", "Bearer no")
                  .POST(BodyPublishers.ofString("{}")));
      assertThat(refused.statusCode()).isEqualTo(401);
      assertThat(refused.headers().firstValue("content-type")).contains("application/json");
      assertThat(refused.body()).contains("\"type\":\"error\"", "authentication_error");
      // Another part would be counted than is checked, and the limit be none.
      var listed = "Bearer " + Rig.TOKEN + ", r1";
      var two = request(proxy, "/v1/messages").header("authorization", listed);
      assertThat(send(proxy, two.POST(BodyPublishers.ofString("{}"))).statusCode()).isEqualTo(401);
      assertThat(model.requests()).isZero();
    }
  }

  /** In real time: the tool sends for up to 48 s and waits as long as it is told to. */
  @ParameterizedTest
  @EnumSource
  void keepsItsLimitAsOurToolTestsIt(Product product) throws Exception {
    UnaryOperator<String> tenAMinute =
        template ->
            template
                .replace("rate=100r/m", "rate=10r/m")
                .replace("burst=20", "burst=2")
                .replace("Retry-After 1 ", "Retry-After 6 ")
                .replace("sc_gpc0_rate(0) ge 100", "sc_gpc0_rate(0) ge 10");
    try (var proxy = started(product, tenAMinute)) {
      var ran =
          Rig.run(
              Map.of(),
              InstantSource.system(),
              Pause.real(),
              command("test-rate-limit", proxy, "--rpm", "10", "--verbose"));

      System.out.printf("FIGURES %s%n%s%n", product, ran.out());
      assertThat(ran.code()).as(ran.out()).isZero();
      assertThat(ran.out())
          .contains(
              "PASS - Enforcement: Rate limiting enforced",
              "PASS - Reset: Limit resets",
              "PASS - Retry-After: 429 has Retry-After");
      for (var i = 0; i < 11; i++) {
        var limited = say(proxy, Map.of());
        if (limited.statusCode() == 429) {
          assertThat(limited.headers().firstValue("content-type")).contains("application/json");
          assertThat(limited.body()).contains("\"type\":\"error\"", "rate_limit_error");
          return;
        }
      }
      throw new AssertionError("none of 11 calls was refused");
    }
  }

  private RealProxy started(Product product, UnaryOperator<String> changed) throws Exception {
    return switch (product) {
      case NGINX -> RealProxy.nginx(folder, model.url(), Path.of("/nonexistent"), changed);
      case HAPROXY -> RealProxy.haproxy(folder, model.url(), changed);
    };
  }

  private RealProxy started(Product product, TlsUpstream provider, Path trusted) throws Exception {
    return switch (product) {
      case NGINX ->
          RealProxy.nginx(
              folder, "https://localhost:" + provider.port(), trusted, UnaryOperator.identity());
      case HAPROXY ->
          RealProxy.haproxy(
              folder,
              Map.of(
                  "UPSTREAM_HOST",
                  "localhost",
                  "UPSTREAM_PORT",
                  Integer.toString(provider.port()),
                  "UPSTREAM_CA_FILE",
                  trusted.toString()),
              UnaryOperator.identity());
    };
  }

  private static String[] command(String name, RealProxy proxy, String... more) {
    var args = new ArrayList<>(List.of("gateway", name));
    args.addAll(proxy.options());
    args.addAll(List.of(more));
    return args.toArray(String[]::new);
  }

  private static HttpResponse<String> say(RealProxy proxy, Map<String, String> headers)
      throws Exception {
    var request =
        request(proxy, "/v1/messages")
            .header("authorization", "Bearer " + Rig.TOKEN)
            .header("content-type", "application/json")
            .POST(
                BodyPublishers.ofString(
                    "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"));
    headers.forEach(request::header);
    return send(proxy, request);
  }

  private static HttpRequest.Builder request(RealProxy proxy, String path) {
    return HttpRequest.newBuilder(URI.create(proxy.url() + path));
  }

  private static HttpResponse<String> send(RealProxy proxy, HttpRequest.Builder request)
      throws Exception {
    var builder = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1);
    if (proxy.authority().isPresent()) {
      builder.sslContext(Pem.client(proxy.authority(), Optional.empty()));
    }
    try (var http = builder.build()) {
      return http.send(request.build(), BodyHandlers.ofString());
    }
  }
}
