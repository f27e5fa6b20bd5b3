package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.GatewayConfig;
import dev.ash.gateway.server.GatewayServer;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens of an identity provider at our gateway. */
@Timeout(60)
final class OAuthTest {
  @RegisterExtension private final BothEnds ends = new BothEnds();
  private final HttpClient http = ends.http();
  private final ScriptedModel model = ends.model();
  private final ByteArrayOutputStream audit = new ByteArrayOutputStream();
  private Issuer issuer;

  @BeforeEach
  void start() throws Exception {
    issuer = new Issuer();
  }

  @AfterEach
  void stop() {
    issuer.close();
  }

  @Test
  void letsATokenInAndCountsItsConsumer() throws Exception {
    try (var gateway = gateway(", requestsPerMinute: 7")) {
      var token = issuer.token();
      var answer = post(gateway, token);

      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().firstValue("x-ratelimit-limit")).contains("7");
      assertThat(model.calls().getLast().header("x-api-key")).contains(Rig.PROVIDER_KEY);
      assertThat(model.calls().getLast().toString()).doesNotContain(token);
      // A call is written down when it is over, which its client may know before.
      await()
          .untilAsserted(
              () ->
                  assertThat(audit.toString(StandardCharsets.UTF_8))
                      .contains("\"user_id\":\"team-b\"", "\"auth_method\":\"jwt\"")
                      .doesNotContain(token));
      assertThat(post(gateway, issuer.token()).headers().firstValue("x-ratelimit-remaining"))
          .contains("5");
      assertThat(post(gateway, issuer.token(c -> c.subject("team-c"))).headers())
          .satisfies(h -> assertThat(h.firstValue("x-ratelimit-remaining")).contains("6"));
      assertThat(issuer.reads()).isEqualTo(1);
    }
  }

  @Test
  void aConsumerOfTheFileHasItsOwnLimitsWithAKeyOrAToken() throws Exception {
    try (var gateway =
        Rig.start(
            Rig.config(issuer.section(", consumerClaim: azp") + yaml("requestsPerMinute: 3")))) {
      assertThat(post(gateway, issuer.token(c -> c.claim("azp", "team-a"))).statusCode())
          .isEqualTo(200);
      assertThat(post(gateway, Rig.TOKEN).headers().firstValue("x-ratelimit-remaining"))
          .contains("1");
    }
  }

  @Test
  void asksForTheScopeOfTheRoute() throws Exception {
    try (var gateway = gateway("")) {
      var reader = issuer.token(c -> c.claim("scope", "anthropic:read"));
      var writer =
          issuer.token(c -> c.claim("scope", null).claim("scp", List.of("anthropic:write")));

      var refused = post(gateway, reader);
      assertThat(refused.statusCode()).isEqualTo(403);
      assertThat(refused.body())
          .contains("\"type\":\"error\"", "permission_error", "lacks the scope anthropic:write");
      assertThat(refused.headers().firstValue("www-authenticate").orElseThrow())
          .contains("insufficient_scope");
      assertThat(model.requests()).isZero();
      assertThat(models(gateway, reader).statusCode()).isEqualTo(200);
      assertThat(post(gateway, writer).statusCode()).isEqualTo(200);
      assertThat(models(gateway, writer).statusCode()).isEqualTo(403);
      assertThat(post(gateway, issuer.token(c -> c.claim("scope", null))).statusCode())
          .isEqualTo(403);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "audience",
        "issuer",
        "expired",
        "no expiry",
        "not yet",
        "no subject",
        "unsigned",
        "public key as a secret",
        "signed by another under the same key id",
        "unknown key id",
        "other type",
        "cut"
      })
  void refuses(String what) throws Exception {
    try (var gateway = gateway("")) {
      var answer = post(gateway, bad(what));

      assertThat(answer.statusCode()).isEqualTo(401);
      assertThat(answer.body()).contains("\"type\":\"error\"", "authentication_error");
      assertThat(answer.headers().firstValue("www-authenticate")).isPresent();
      assertThat(model.requests()).isZero();
    }
  }

  private String bad(String what) throws Exception {
    Consumer<JWTClaimsSet.Builder> changed =
        switch (what) {
          case "audience" -> c -> c.audience("another-service");
          case "issuer" -> c -> c.issuer("https://other.example");
          case "expired" -> c -> c.expirationTime(in(-31));
          case "no expiry" -> c -> c.expirationTime(null);
          case "not yet" -> c -> c.notBeforeTime(in(40));
          case "no subject" -> c -> c.subject(null);
          default -> _ -> {};
        };
    return switch (what) {
      case "unsigned" -> issuer.unsigned();
      case "public key as a secret" -> issuer.confused();
      case "signed by another under the same key id" -> issuer.forged(issuer.keyId());
      case "unknown key id" -> issuer.forged("made-up");
      case "other type" -> issuer.typed("secevent+jwt");
      case "cut" -> issuer.token().replaceFirst(".{4}$", "");
      default -> issuer.token(changed);
    };
  }

  @Test
  void allowsThirtySecondsOfAnotherClock() throws Exception {
    try (var gateway = gateway("")) {
      assertThat(post(gateway, issuer.token(c -> c.expirationTime(in(-20)))).statusCode())
          .isEqualTo(200);
      assertThat(post(gateway, issuer.token(c -> c.notBeforeTime(in(20)))).statusCode())
          .isEqualTo(200);
    }
  }

  @Test
  void readsTheKeysAnewForANewKeyIdButNotForEach() throws Exception {
    try (var gateway = gateway(", jwksUrl: '" + issuer.url() + "/keys'")) {
      assertThat(post(gateway, issuer.token()).statusCode()).isEqualTo(200);
      var old = issuer.token();
      issuer.rotate();
      assertThat(post(gateway, issuer.token()).statusCode()).isEqualTo(200);
      assertThat(post(gateway, old).statusCode()).isEqualTo(401);
      for (var i = 0; i < 5; i++) {
        assertThat(post(gateway, issuer.forged("made-up-" + i)).statusCode()).isEqualTo(401);
      }
      assertThat(issuer.reads()).isLessThanOrEqualTo(3);
      assertThat(post(gateway, issuer.token()).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void barsWhoGuessesAndNotWhoseTokenHasExpired() throws Exception {
    try (var gateway = gateway("")) {
      for (var i = 0; i < 12; i++) {
        assertThat(post(gateway, issuer.token(c -> c.expirationTime(in(-60)))).body())
            .contains("Expired JWT");
      }
      assertThat(post(gateway, issuer.token()).statusCode()).isEqualTo(200);
      for (var i = 0; i < 10; i++) {
        assertThat(post(gateway, issuer.unsigned()).statusCode()).isEqualTo(401);
      }
      assertThat(post(gateway, issuer.token()).statusCode()).isEqualTo(429);
    }
  }

  @Test
  void saysSoWhenTheIssuersKeysCannotBeRead() throws Exception {
    issuer.answersKeysWith(500);
    try (var gateway = gateway("")) {
      var answer = post(gateway, issuer.token());

      assertThat(answer.statusCode()).isEqualTo(503);
      assertThat(answer.headers().firstValue("retry-after")).contains("5");
      assertThat(answer.body()).contains("\"type\":\"error\"", "keys cannot be read");
      // Nobody is taken for a guesser meanwhile.
      for (var i = 0; i < 12; i++) {
        assertThat(post(gateway, issuer.token()).statusCode()).isEqualTo(503);
      }
      assertThat(model.requests()).isZero();
    }
  }

  @Test
  void theLastKeysDoWhileTheIssuerIsAway() throws Exception {
    try (var gateway = gateway(", keysKeptSeconds: 1")) {
      assertThat(post(gateway, issuer.token()).statusCode()).isEqualTo(200);
      var before = issuer.reads();
      issuer.answersKeysWith(500);

      await()
          .until(
              () -> {
                assertThat(post(gateway, issuer.token()).statusCode()).isEqualTo(200);
                return issuer.reads() > before;
              });

      assertThat(post(gateway, issuer.token()).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void refusesASectionThatTrustsTheNetworkOrEveryAudience() {
    assertThatThrownBy(
            () ->
                Rig.config(
                    "upstreams: [{name: m, url: 'http://127.0.0.1:1'}]\n"
                        + "oauth: {issuer: 'http://idp.example', audience: a}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("oauth.issuer: http://idp.example (expected: https");
    assertThatThrownBy(
            () ->
                Rig.config(
                    "upstreams: [{name: m, url: 'http://127.0.0.1:1'}]\n"
                        + "oauth: {issuer: 'https://idp.example'}"))
        .hasMessageContaining("oauth.audience: missing");
  }

  private GatewayServer gateway(String more) throws Exception {
    return Rig.start(config(more), InstantSource.system(), audit);
  }

  private GatewayConfig config(String more) throws ConfigException {
    return Rig.config(issuer.section(more) + yaml(""));
  }

  private String yaml(String limits) {
    return Rig.yaml(model.url(), limits);
  }

  private static Date in(int seconds) {
    return Date.from(InstantSource.system().instant().plusSeconds(seconds));
  }

  private HttpResponse<String> models(GatewayServer gateway, String token) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/models"))
            .header("authorization", "Bearer " + token)
            .build(),
        BodyHandlers.ofString());
  }

  private HttpResponse<String> post(GatewayServer gateway, String token) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/messages"))
            .header("authorization", "Bearer " + token)
            .header("content-type", "application/json")
            .POST(
                BodyPublishers.ofString(
                    "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"))
            .build(),
        BodyHandlers.ofString());
  }
}
