package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

/** Clients' certificates of which a real responder (openssl) says whether they are good. */
@Timeout(120)
final class OcspTest {
  private static final Duration AFTER_AN_ANSWER = Duration.ofMinutes(6);
  private static final Duration AFTER_ALL_ANSWERS = Duration.ofMinutes(61);

  @TempDir Path folder;
  private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);
  private final List<HttpClient> clients = new ArrayList<>();
  private final int port = ValidateTest.freePort();
  private final String address = "http://127.0.0.1:" + port;
  private ScriptedModel model;
  private Certificates authority;
  private Certificates.Pair server;

  OcspTest() throws IOException {}

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
  void letsInOnlyThoseThatTheResponderVouchesFor() throws Exception {
    var agent = authority.client("agent", "/CN=agent", "DNS:agent.example");
    var gone = authority.client("gone", "/CN=gone", "DNS:gone.example");
    authority.revoke(gone);
    var unknown = authority.server("unknown", "DNS:never.in.the.books");
    try (var _ = responder();
        var gateway = serve("{responder: '" + address + "'}")) {
      assertThat(post(client(agent), gateway).statusCode()).isEqualTo(200);
      for (var wrong : List.of(gone, unknown)) {
        var http = client(wrong);
        assertThatThrownBy(() -> post(http, gateway)).isInstanceOf(IOException.class);
      }
      assertThat(model.requests()).isEqualTo(1);
    }
  }

  @Test
  void asksWhereTheCertificateSaysAndNobodyGetsInWhileNobodyAnswersThere() throws Exception {
    var agent = authority.askedAt("agent", "/CN=agent", address);
    var without = authority.client("without", "/CN=without", "DNS:agent.example");
    try (var gateway = serve("{}")) {
      var early = client(agent);
      assertThatThrownBy(() -> post(early, gateway)).isInstanceOf(IOException.class);
      try (var _ = responder()) {
        assertThat(post(client(agent), gateway).statusCode()).isEqualTo(200);
        var other = client(without);
        assertThatThrownBy(() -> post(other, gateway)).isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void whoIsRevokedLaterIsRefusedOnTheConnectionThatIsOpenAndWelcomeAgainAfterAHold()
      throws Exception {
    var agent = authority.client("agent", "/CN=agent", "DNS:agent.example");
    var before = Files.readString(authority.books());
    try (var gateway = serve("{responder: '" + address + "'}")) {
      var open = client(agent);
      try (var _ = responder()) {
        assertThat(post(open, gateway).statusCode()).isEqualTo(200);
      }
      authority.revoke(agent);
      // It reads its books when it starts.
      try (var _ = responder()) {
        // The answer that TLS got is still fresh.
        assertThat(post(open, gateway).statusCode()).isEqualTo(200);
        ahead.set(AFTER_AN_ANSWER);
        soon().until(() -> post(open, gateway).statusCode() == 401);
        assertThat(post(open, gateway).body()).contains("Client certificate was revoked");
      }
      replace(authority.books(), before);
      try (var _ = responder()) {
        ahead.set(AFTER_AN_ANSWER.multipliedBy(2));
        soon().until(() -> post(open, gateway).statusCode() == 200);
      }
    }
  }

  @Test
  void aResponderThatFallsSilentShutsNobodyOutForAnHour() throws Exception {
    var agent = authority.client("agent", "/CN=agent", "DNS:agent.example");
    try (var log = new GatewayLog();
        var gateway = serve("{responder: '" + address + "'}")) {
      var open = client(agent);
      try (var _ = responder()) {
        assertThat(post(open, gateway).statusCode()).isEqualTo(200);
      }
      ahead.set(AFTER_AN_ANSWER);
      soon().until(() -> log.lines("listen.tls.ocsp: CN=agent cannot be judged: ") == 1);
      assertThat(post(open, gateway).statusCode()).isEqualTo(200);

      ahead.set(AFTER_ALL_ANSWERS);
      var refused = post(open, gateway);
      assertThat(refused.statusCode()).isEqualTo(401);
      assertThat(refused.body()).contains("nobody has vouched for it (OCSP) since ");
      try (var _ = responder()) {
        ahead.set(AFTER_ALL_ANSWERS.plusMinutes(1));
        soon().until(() -> post(open, gateway).statusCode() == 200);
      }
    }
  }

  @Test
  void anAuthorityMayHaveAnotherSignForIt() throws Exception {
    var agent = authority.client("agent", "/CN=agent", "DNS:agent.example");
    var signer = Certificates.authority(folder, "signer").own();
    try (var _ = RealResponder.start(authority, signer, port, folder.resolve("ocsp.log"))) {
      try (var gateway = serve("{responder: '" + address + "'}")) {
        var http = client(agent);
        assertThatThrownBy(() -> post(http, gateway)).isInstanceOf(IOException.class);
      }
      try (var gateway =
          serve("{responder: '%s', signer: '%s'}".formatted(address, signer.certificate()))) {
        assertThat(post(client(agent), gateway).statusCode()).isEqualTo(200);
      }
    }
  }

  @Test
  void whoseAuthorityIsNotBelievedAnyMoreIsRefusedWithoutAnAnswerOfItsResponder() throws Exception {
    var agent = authority.client("agent", "/CN=agent", "DNS:agent.example");
    var believed = folder.resolve("believed.pem");
    replace(believed, Files.readString(authority.authority()));
    var other = Certificates.authority(folder, "other");
    try (var _ = responder();
        var gateway = serve(believed, "{responder: '" + address + "'}")) {
      var open = client(agent);
      assertThat(post(open, gateway).statusCode()).isEqualTo(200);

      replace(believed, Files.readString(other.authority()));
      soon().until(() -> post(open, gateway).statusCode() == 401);
      assertThat(post(open, gateway).body()).contains("is not believed any more");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ocsp: {} | listen.tls.ocsp: without clientAuthorities (expected: whose responders",
        "clientAuthorities: a.pem, ocsp: {}, revocations: [b.crl] | listen.tls.ocsp: beside revoc",
        "clientAuthorities: a.pem, ocsp: {responder: nowhere} | listen.tls.ocsp.responder: nowhere",
        "clientAuthorities: a.pem, ocsp: {url: 'http://x'} | listen.tls.ocsp.url: unknown (expected: responder, signer)",
      })
  void saysWhatIsWrongInTheFile(String tls, String said) throws Exception {
    var file =
        Files.writeString(
            folder.resolve("gateway.yaml"),
            "listen: {tls: {certificate: c.pem, key: c.key, "
                + tls
                + "}}\n"
                + Rig.yaml(model.url(), ""));
    var ran =
        Rig.run(
            Map.of("PROVIDER_KEY", Rig.PROVIDER_KEY),
            InstantSource.system(),
            _ -> {},
            "gateway",
            "serve",
            "--config",
            file.toString());

    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).contains(said);
  }

  private RealResponder responder() throws Exception {
    return RealResponder.start(authority, authority.own(), port, folder.resolve("ocsp.log"));
  }

  private Serving serve(String ocsp) throws Exception {
    return serve(authority.authority(), ocsp);
  }

  private Serving serve(Path believed, String ocsp) throws Exception {
    var file =
        Files.writeString(
            folder.resolve("gateway.yaml"),
            "listen: {tls: {certificate: '%s', key: '%s', clientAuthorities: '%s', ocsp: %s}}\n"
                    .formatted(server.certificate(), server.key(), believed, ocsp)
                + Rig.yaml(model.url(), ""));
    return Serving.startAt(
        () -> Instant.now().plus(ahead.get()),
        Map.of("PROVIDER_KEY", Rig.PROVIDER_KEY),
        "--config",
        file.toString());
  }

  private void replace(Path file, String text) throws IOException {
    var next = Files.writeString(folder.resolve("next"), text);
    var _ = Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static ConditionFactory soon() {
    return Awaitility.await()
        .ignoreExceptionsInstanceOf(IOException.class)
        .atMost(Duration.ofSeconds(30));
  }

  /** One with connections of its own. */
  private HttpClient client(Certificates.Pair pair) throws Exception {
    var http = authority.http(Optional.of(pair));
    clients.add(http);
    return http;
  }

  private static HttpResponse<String> post(HttpClient http, Serving gateway) throws Exception {
    return http.send(gateway.message(Rig.TOKEN, "hello", false), BodyHandlers.ofString());
  }
}
