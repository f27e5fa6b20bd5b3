package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.scriptedmodel.ScriptedModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
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

/** Certificates that are replaced on the disk while a gateway serves with them. */
@Timeout(120)
final class RenewalTest {
  @TempDir Path folder;
  private final List<HttpClient> clients = new ArrayList<>();
  private ScriptedModel model;
  private Certificates authority;
  private Path certificate;
  private Path key;
  private Path believed;

  @BeforeEach
  void start() throws Exception {
    model = Rig.model();
    authority = Certificates.authority(folder, "authority");
    certificate = folder.resolve("live.crt");
    key = folder.resolve("live.key");
    believed = folder.resolve("believed.crt");
    put(authority.server("first", "IP:127.0.0.1"));
    copy(authority.authority(), believed);
  }

  @AfterEach
  void stop() {
    clients.forEach(HttpClient::shutdownNow);
    model.close();
  }

  @Test
  void newConnectionsGetTheNewCertificateAndAStreamUnderWayGoesOn() throws Exception {
    try (var gateway = serve("")) {
      var open = client(Optional.empty());
      var first = serial(post(open, gateway));
      var streaming = stream(open, gateway);
      var next = authority.server("second", "IP:127.0.0.1");

      // A copy that is half done, and then only one of the two.
      Files.writeString(certificate, Files.readString(next.certificate()).substring(0, 400));
      soon().until(() -> gateway.said().contains("no whole certificate (expected: PEM)"));
      copy(next.certificate(), certificate);
      soon().until(() -> gateway.said().contains(key + ": not the key of " + certificate));
      assertThat(serial(post(client(Optional.empty()), gateway))).isEqualTo(first);
      assertThat(metrics(open, gateway))
          .contains("gateway_config_reloads_total{result=\"refused\"} 2.0");
      copy(next.key(), key);

      soon().until(() -> !serial(post(client(Optional.empty()), gateway)).equals(first));
      assertThat(metrics(open, gateway))
          .contains("gateway_config_reloads_total{result=\"taken\"} 1.0");
      model.release("gate", 100);
      try (streaming) {
        assertThat(streaming.readAllAsString()).contains("message_stop");
      }
      assertThat(post(open, gateway).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void whoVouchesForClientsIsReplacedToo() throws Exception {
    var other = Certificates.authority(folder, "other");
    var before = authority.client("before", "/CN=agent", "DNS:agent.example");
    var after = other.client("after", "/CN=agent", "DNS:agent.example");
    try (var gateway = serve(", clientAuthorities: '" + believed + "'")) {
      var open = client(Optional.of(before));
      assertThat(post(open, gateway).statusCode()).isEqualTo(200);
      var early = client(Optional.of(after));
      assertThatThrownBy(() -> post(early, gateway)).isInstanceOf(IOException.class);
      copy(other.authority(), believed);

      soon().until(() -> post(client(Optional.of(after)), gateway).statusCode() == 200);
      var refused = post(open, gateway);
      assertThat(refused.statusCode()).isEqualTo(401);
      assertThat(refused.body()).contains("of no authority that is believed here any more");
      var late = client(Optional.of(before));
      assertThatThrownBy(() -> post(late, gateway)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void whoVouchesForAnUpstreamIsReplacedToo() throws Exception {
    var other = Certificates.authority(folder, "other");
    try (var upstream = new TlsUpstream(other.server("upstream", "IP:127.0.0.1"))) {
      var yaml =
          Rig.yaml("https://127.0.0.1:" + upstream.port(), "")
              .replace("    credential:", "    authorities: '" + believed + "'\n    credential:");
      try (var gateway = serve("", yaml)) {
        var http = client(Optional.empty());
        assertThat(post(http, gateway).statusCode()).isEqualTo(504);
        copy(other.authority(), believed);

        soon().until(() -> post(http, gateway).statusCode() == 200);
      }
    }
  }

  @Test
  void whoVouchesForAnIssuerIsReplacedToo() throws Exception {
    var other = Certificates.authority(folder, "other");
    try (var issuer = Issuer.with(other.server("issuer", "IP:127.0.0.1"))) {
      var yaml =
          Rig.yaml(model.url(), "")
              + issuer.section(", keysKeptSeconds: 1, authorities: '" + believed + "'");
      try (var gateway = serve("", yaml)) {
        var http = client(Optional.empty());
        assertThat(post(http, gateway, issuer.token()).statusCode()).isEqualTo(503);
        copy(other.authority(), believed);

        soon().until(() -> post(http, gateway, issuer.token()).statusCode() == 200);
      }
    }
  }

  private Serving serve(String tls) throws Exception {
    return serve(tls, Rig.yaml(model.url(), ""));
  }

  private Serving serve(String tls, String yaml) throws Exception {
    var file =
        Files.writeString(
            folder.resolve("gateway.yaml"),
            "listen: {tls: {certificate: '%s', key: '%s'%s}}\n".formatted(certificate, key, tls)
                + yaml);
    return Serving.start(Map.of("PROVIDER_KEY", Rig.PROVIDER_KEY), "--config", file.toString());
  }

  private void put(Certificates.Pair pair) throws IOException {
    copy(pair.certificate(), certificate);
    copy(pair.key(), key);
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
  }

  private static ConditionFactory soon() {
    return Awaitility.await()
        .ignoreExceptionsInstanceOf(IOException.class)
        .pollInterval(Duration.ofMillis(200))
        .atMost(Duration.ofSeconds(30));
  }

  /** One with connections of its own. */
  private HttpClient client(Optional<Certificates.Pair> pair) throws Exception {
    var http = authority.http(pair);
    clients.add(http);
    return http;
  }

  private static String serial(HttpResponse<?> answer) throws Exception {
    var shown = answer.sslSession().orElseThrow().getPeerCertificates()[0];
    return ((X509Certificate) shown).getSerialNumber().toString();
  }

  private static String metrics(HttpClient http, Serving gateway) throws Exception {
    return http.send(
            HttpRequest.newBuilder(URI.create(gateway.url() + "/metrics")).build(),
            BodyHandlers.ofString())
        .body();
  }

  private static HttpResponse<String> post(HttpClient http, Serving gateway) throws Exception {
    return post(http, gateway, Rig.TOKEN);
  }

  private static HttpResponse<String> post(HttpClient http, Serving gateway, String key)
      throws Exception {
    return http.send(gateway.message(key, "hello", false), BodyHandlers.ofString());
  }

  private static BufferedReader stream(HttpClient http, Serving gateway) throws Exception {
    var text = "SCN:[{'text':'one two three','chunk':4,'gate':'gate'}]";
    var answer = http.send(gateway.message(Rig.TOKEN, text, true), BodyHandlers.ofInputStream());
    assertThat(answer.statusCode()).isEqualTo(200);
    return new BufferedReader(new InputStreamReader(answer.body(), UTF_8));
  }
}
