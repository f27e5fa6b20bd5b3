package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.gateway.config.GatewayConfig;
import dev.ash.gateway.server.GatewayServer;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clients with certificates of a real authority (openssl), at our own listener. */
@Timeout(120)
final class MutualTlsTest {
  @TempDir Path folder;
  private final ByteArrayOutputStream audit = new ByteArrayOutputStream();
  private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);
  private final List<HttpClient> clients = new ArrayList<>();
  private ScriptedModel model;
  private Certificates authority;
  private Certificates.Pair server;

  @BeforeEach
  void start() throws Exception {
    model = Rig.model();
    authority = Certificates.authority(folder, "authority");
    server = authority.server("server", "IP:127.0.0.1");
  }

  @AfterEach
  void stop() {
    clients.forEach(HttpClient::shutdownNow);
    model.close();
  }

  @Test
  void letsInOnlyWhomItsAuthorityVouchesForAndAsksThemForAKeyToo() throws Exception {
    var agent = authority.client("agent", "/O=Example/CN=agent", "DNS:agent.example");
    var late = authority.expired("late", "/CN=late");
    var other =
        Certificates.authority(folder, "other").client("stranger", "/CN=agent", "DNS:a.example");
    try (var gateway = serve("", "")) {
      assertThat(post(client(agent), gateway, Rig.TOKEN).statusCode()).isEqualTo(200);
      assertThat(post(client(agent), gateway, "").statusCode()).isEqualTo(401);
      assertThat(post(client(agent), gateway, "wrong").statusCode()).isEqualTo(401);
      for (var wrong :
          List.of(Optional.of(late), Optional.of(other), Optional.<Certificates.Pair>empty())) {
        var http = client(wrong);
        assertThatThrownBy(() -> post(http, gateway, Rig.TOKEN)).isInstanceOf(IOException.class);
      }
      assertThat(model.requests()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "CN=agent,O=Example",
        "cn=AGENT, o=example",
        "dns:Agent.example",
        "uri:spiffe://x/agent",
        "email:agent@example.com"
      })
  void aConsumerIsKnownByItsCertificateAlone(String name) throws Exception {
    var agent =
        authority.client(
            "agent",
            "/O=Example/CN=agent",
            "DNS:agent.example,URI:spiffe://x/agent,email:agent@example.com");
    var colleague = authority.client("colleague", "/O=Example/CN=agent-2", "DNS:agent2.example");
    try (var gateway =
        serve("", "  - {name: machines, requestsPerMinute: 2, certificates: ['" + name + "']}\n")) {
      var answer = post(client(agent), gateway, "");
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(answer.headers().firstValue("x-ratelimit-remaining")).contains("1");
      // Claude Code always sends a key, and here it may be any.
      assertThat(post(client(agent), gateway, "whatever").statusCode()).isEqualTo(200);
      assertThat(post(client(agent), gateway, Rig.TOKEN).statusCode()).isEqualTo(429);
      assertThat(post(client(colleague), gateway, "").statusCode()).isEqualTo(401);
      // A line is written after its answer.
      soon()
          .until(
              () ->
                  audit
                      .toString(UTF_8)
                      .contains("\"user_id\":\"machines\",\"auth_method\":\"mtls\""));
    }
  }

  @Test
  void whoIsOnTheListOfRevocationsStaysOut() throws Exception {
    var agent = authority.client("agent", "/CN=agent", "DNS:agent.example");
    var gone = authority.client("gone", "/CN=gone", "DNS:gone.example");
    authority.revoke(gone);
    authority.list("revoked.pem");
    try (var gateway = serve(revocations(), "")) {
      var http = client(gone);
      assertThatThrownBy(() -> post(http, gateway, Rig.TOKEN)).isInstanceOf(IOException.class);
      assertThat(post(client(agent), gateway, Rig.TOKEN).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void whoIsRevokedLaterIsRefusedOnTheConnectionThatIsOpenAndOnNewOnes() throws Exception {
    var agent = authority.client("agent", "/CN=agent", "DNS:agent.example");
    authority.list("revoked.pem");
    try (var gateway = serve(revocations(), "  - {name: m, certificates: ['CN=agent']}\n")) {
      var open = client(agent);
      assertThat(post(open, gateway, "").statusCode()).isEqualTo(200);
      authority.revoke(agent);
      authority.list("revoked.pem");

      soon().until(() -> post(open, gateway, Rig.TOKEN).body().contains("certificate was revoked"));
      var next = client(agent);
      assertThatThrownBy(() -> post(next, gateway, Rig.TOKEN)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void whoseAuthorityIsRevokedIsRefusedOnTheConnectionThatIsOpen() throws Exception {
    var middle = authority.below("middle");
    var agent = middle.client("agent", "/CN=agent", "DNS:agent.example");
    authority.list("revoked.pem");
    middle.list("middle.crl");
    var lists =
        ", revocations: [%s, %s]"
            .formatted(folder.resolve("revoked.pem"), folder.resolve("middle.crl"));
    try (var gateway = serve(lists, "  - {name: m, certificates: ['CN=agent']}\n")) {
      var open = client(agent);
      var first = post(open, gateway, "");
      assertThat(first.statusCode()).as(first.body()).isEqualTo(200);
      authority.revoke(middle.own());
      authority.list("revoked.pem");

      soon()
          .until(() -> post(open, gateway, Rig.TOKEN).body().contains("Its authority was revoked"));
    }
  }

  @Test
  void aListThatEndsWhileNobodyWritesANewOneShutsTheConnectionThatIsOpen() throws Exception {
    var agent = authority.client("agent", "/CN=agent", "DNS:agent.example");
    authority.list("revoked.pem");
    try (var gateway = serve(revocations(), "  - {name: m, certificates: ['CN=agent']}\n")) {
      var open = client(agent);
      assertThat(post(open, gateway, "").statusCode()).isEqualTo(200);
      // Longer than a list of these is good.
      ahead.set(Duration.ofDays(3));

      var refused = post(open, gateway, Rig.TOKEN);
      assertThat(refused.statusCode()).isEqualTo(401);
      assertThat(refused.body()).contains("the list of revocations is out of date");
    }
  }

  @Test
  void aCertificateThatNamesTwoConsumersIsNeither() throws Exception {
    var agent = authority.client("agent", "/CN=agent", "DNS:agent.example");
    var two =
        """
          - {name: a, certificates: ['CN=agent']}
          - {name: b, certificates: ['dns:agent.example']}
        """;
    try (var gateway = serve("", two)) {
      var refused = post(client(agent), gateway, Rig.TOKEN);
      assertThat(refused.statusCode()).isEqualTo(401);
      assertThat(refused.body()).contains("Client certificate names several consumers");
    }
  }

  @Test
  void anotherTlsNeedsARestartAndNothingElseOfThatFileComesIntoForce() throws Exception {
    var agent = authority.client("agent", "/CN=agent", "DNS:agent.example");
    authority.list("revoked.pem");
    var machines = "  - {name: m, certificates: ['CN=agent']}\n";
    try (var gateway = serve("", "")) {
      var other = config(revocations(), machines);
      assertThatThrownBy(() -> gateway.reload(other))
          .hasMessageStartingWith("listen.tls: changed (expected: ");
      assertThat(post(client(agent), gateway, "").statusCode()).isEqualTo(401);

      gateway.reload(config("", machines));
      assertThat(post(client(agent), gateway, "").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void anAuthorityWithoutAListIsNotBelievedWhereListsAreAskedFor() throws Exception {
    var agent = authority.client("agent", "/CN=agent", "DNS:agent.example");
    var other = Certificates.authority(folder, "other");
    other.list("other.pem");
    try (var gateway = serve(", revocations: [" + folder.resolve("other.pem") + "]", "")) {
      var http = client(agent);
      assertThatThrownBy(() -> post(http, gateway, Rig.TOKEN)).isInstanceOf(IOException.class);
    }
  }

  @ParameterizedTest
  @CsvSource({"-tls1_1, false", "-tls1_2, true", "-tls1_3, true"})
  void speaksTls12AndNewer(String version, boolean spoken) throws Exception {
    var agent = authority.client("agent", "/CN=agent", "DNS:agent.example");
    try (var gateway = serve("", "")) {
      var process =
          new ProcessBuilder(
                  "openssl",
                  "s_client",
                  "-connect",
                  "127.0.0.1:" + gateway.port(),
                  version,
                  "-cipher",
                  "DEFAULT@SECLEVEL=0",
                  "-cert",
                  agent.certificate().toString(),
                  "-key",
                  agent.key().toString())
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .start();
      var said = new String(process.getInputStream().readAllBytes(), UTF_8);

      assertThat(process.waitFor() == 0).as(said).isEqualTo(spoken);
      if (!spoken) {
        assertThat(said).contains("alert protocol version");
      }
    }
  }

  @Test
  void theToolsCallWithACertificate() throws Exception {
    var agent = authority.client("agent", "/CN=agent", "DNS:agent.example");
    try (var gateway = serve("", "")) {
      var ran =
          Rig.run(
              "gateway",
              "validate",
              "--url",
              gateway.url(),
              "--token",
              Rig.TOKEN,
              "--ca",
              authority.authority().toString(),
              "--cert",
              agent.certificate().toString(),
              "--key",
              agent.key().toString());

      assertThat(ran.code()).as(ran.out() + ran.err()).isZero();
    }
  }

  @Test
  void certificatesNeedAnAuthorityThatVouchesForThem() throws Exception {
    var file =
        Files.writeString(
            folder.resolve("gateway.yaml"),
            Rig.yaml(model.url(), "") + "  - {name: m, certificates: ['CN=agent']}\n");
    var ran =
        Rig.run(
            java.util.Map.of("PROVIDER_KEY", Rig.PROVIDER_KEY),
            InstantSource.system(),
            _ -> {},
            "gateway",
            "serve",
            "--config",
            file.toString());

    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err())
        .contains("consumers: m with certificates (expected: listen.tls.clientAuthorities");
  }

  private String revocations() {
    return ", revocations: [" + folder.resolve("revoked.pem") + "]";
  }

  /** Our gateway with team-a, who has a key, and more consumers. */
  private GatewayServer serve(String tls, String consumers) throws Exception {
    return Rig.start(
        config(tls, consumers), () -> InstantSource.system().instant().plus(ahead.get()), audit);
  }

  private GatewayConfig config(String tls, String consumers) throws Exception {
    var listen =
        "listen: {tls: {certificate: '%s', key: '%s', clientAuthorities: '%s'%s}}\n"
            .formatted(server.certificate(), server.key(), authority.authority(), tls);
    return Rig.config(listen + Rig.yaml(model.url(), "") + consumers);
  }

  private static ConditionFactory soon() {
    return Awaitility.await()
        .ignoreExceptionsInstanceOf(IOException.class)
        .atMost(Duration.ofSeconds(20));
  }

  private HttpClient client(Certificates.Pair pair) throws Exception {
    return client(Optional.of(pair));
  }

  private HttpClient client(Optional<Certificates.Pair> pair) throws Exception {
    var http = authority.http(pair);
    clients.add(http);
    return http;
  }

  private static HttpResponse<String> post(HttpClient http, GatewayServer gateway, String key)
      throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/messages"))
            .header("content-type", "application/json")
            .POST(
                BodyPublishers.ofString(
                    "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"));
    if (!key.isEmpty()) {
      request.header("authorization", "Bearer " + key);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }
}
