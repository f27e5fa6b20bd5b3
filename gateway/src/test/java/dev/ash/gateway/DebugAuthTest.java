package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every branch of {@code debug-auth}, against answers that are made up. */
@Timeout(60)
final class DebugAuthTest {
  private static final String MESSAGES = "/v1/messages";
  private static final String SIGNATURE = "c2lnbmF0dXJlLWNhbmFyeQ";

  private CannedServer gateway;

  @BeforeEach
  void start() throws IOException {
    gateway = new CannedServer().answering("/", 200, "{}").answering(MESSAGES, 200, "{}");
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  @ParameterizedTest
  @CsvSource({"200", "201"})
  void takesBothSuccesses(int status) {
    gateway.answering(MESSAGES, status, "{}");
    var ran = debug(Rig.TOKEN);

    assertThat(ran.code()).as(ran.out()).isZero();
    assertThat(ran.out())
        .contains("[✓] Authentication successful (status " + status + ")")
        .contains("[✓] Authentication is working correctly");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "401 | the token is not accepted | token revoked",
        "401 | the token is not accepted | sent in authorization; --auth-header chooses x-api-key",
        "403 | the token is known, and may not do this | scope missing",
        "403 | the token is known, and may not do this | address not on the allowlist",
        "404 | there is no /v1/messages here; check the base URL | answer: {\"made\":\"up\"}",
        "429 | too many requests; wait, and try again | retry-after: 17",
        "500 | the gateway or what is behind it has a problem | answer:",
        "502 | the gateway or what is behind it has a problem | answer:",
        "503 | the gateway or what is behind it has a problem | retry-after: 17",
        "504 | the gateway or what is behind it has a problem | answer:",
        "418 | unexpected | answer:",
      })
  void saysWhatAStatusMeans(int status, String meaning, String more) {
    gateway.answering(MESSAGES, status, Map.of("retry-after", "17"), "{\"made\":\"up\"}");
    var ran = debug(Rig.TOKEN);

    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.out())
        .contains("[✗] Status " + status + ": " + meaning, more)
        .contains("[✗] Authentication issues detected");
  }

  @Test
  void saysThatANameCannotBeResolved() {
    var ran = Rig.run("gateway", "debug-auth", "--url", "https://gw.invalid", "--token", Rig.TOKEN);

    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.out())
        .contains("[✗] DNS: gw.invalid cannot be resolved")
        .doesNotContain("3. Testing Authentication")
        .contains("6. Summary");
  }

  @Test
  void saysThatAPortIsClosed() throws IOException {
    var port = ValidateTest.freePort();
    var ran =
        Rig.run("gateway", "debug-auth", "--url", "http://127.0.0.1:" + port, "--token", Rig.TOKEN);

    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.out()).contains("[✗] TCP: cannot connect to port " + port);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "abcdefgh0123\\n456789 | Token contains whitespace: a line end",
        "abcdefgh0123456789\\r\\n | Token contains whitespace: a line end",
        "abcdefgh0123 456789 | Token contains whitespace",
        "Bearer abcdefgh0123456789 | Token contains the prefix 'Bearer '",
        "bearer abcdefgh0123456789 | Token contains the prefix 'Bearer '",
        "abcdefgh0123456789ä | Token contains characters beyond visible ASCII",
        "short | Token is too short (5 characters; typically 32+)",
        "sk-ant-api03-0123456789 | This is a provider key",
      })
  void findsWhatIsWrongWithATokenInItsFirstStep(String escaped, String finding) {
    var token = escaped.replace("\\n", "\n").replace("\\r", "\r");
    var ran = debug(token, "--verbose");

    assertThat(ran.code()).as(ran.err()).isEqualTo(1);
    assertThat(ran.err()).isEmpty();
    assertThat(ran.out().substring(0, ran.out().indexOf("=== 2.")))
        .contains("[✗] " + finding)
        .doesNotContain("[✓]");
    assertThat(ran.out()).contains("6. Summary").doesNotContain("gh0123");
  }

  @Test
  void doesNotSendWhatNoHeaderCarries() {
    var ran = debug("abcdefgh0123\n456789");

    assertThat(ran.out()).contains("[INFO] Not tried: no request can carry this token");
    assertThat(gateway.withCredential()).isEmpty();
  }

  @Test
  void otherToolsRefuseSuchATokenWithoutShowingIt() {
    var ran =
        Rig.run("gateway", "test-headers", "--url", gateway.url(), "--token", "canary-1\nx: 2");

    assertThat(ran.err())
        .contains("--token: *** (expected: visible ASCII without line ends)")
        .doesNotContain("canary");
  }

  @Test
  void showsOnRequestWhatWasSentAndMasksTheToken() {
    gateway.answering(
        MESSAGES, 401, Map.of("x-echo", Rig.TOKEN), "{\"you\":\"sent " + Rig.TOKEN + "\"}");
    var ran = debug(Rig.TOKEN, "--verbose");

    assertThat(ran.out())
        .contains("[DEBUG] POST " + gateway.url() + "/v1/messages [accept: application/json;")
        .contains("authorization: Bearer gate****6789")
        .contains("[DEBUG] -> status 401 after")
        .contains("[DEBUG]    {\"you\":\"sent gate****6789\"}")
        .doesNotContain(Rig.TOKEN);
    assertThat(debug(Rig.TOKEN).out()).doesNotContain("[DEBUG]");
  }

  @Test
  void readsWhenATokenEnds() {
    var now = Instant.parse("2026-11-22T00:00:00Z");
    assertThat(at(now, jwt("{\"exp\":%d}".formatted(now.getEpochSecond() - 5))))
        .contains("[✗] Token has expired", "[INFO] Expired 5 seconds ago");
    assertThat(at(now, jwt("{\"exp\":%d}".formatted(now.getEpochSecond() + 7200))))
        .contains("[✓] Token expires in 7200s / 2h");
    assertThat(at(now, jwt("{\"nbf\":%d}".formatted(now.getEpochSecond() + 30))))
        .contains("[✗] Token is not valid yet, for 30 seconds", "Token has no expiration (exp)");
    assertThat(at(now, "one.two.three.four.five")).contains("Token is an encrypted JWT");
    assertThat(at(now, "opaque-0123456789")).contains("Token is not a JWT");
  }

  @Test
  void saysThatClocksDiffer() {
    assertThat(at(Instant.parse("2020-01-01T00:00:00Z"), Rig.TOKEN))
        .contains("[⚠] Clocks differ by", "tokens may fail");
    assertThat(debug(Rig.TOKEN).out()).doesNotContain("Clocks differ");
  }

  @Test
  void showsTheAudienceOfARefusedToken() {
    gateway.answering(
        MESSAGES,
        401,
        Map.of(
            "www-authenticate",
            "Bearer error=\"invalid_token\", error_description=\"audience is not ash-gateway\""),
        "{}");
    var ran =
        debug(
            jwt(
                "{\"aud\":\"another-service\",\"scope\":\"anthropic:read\",\"tenant_id\":\"blue\"}"));

    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.out())
        .contains("www-authenticate: Bearer error=\"invalid_token\"", "audience is not ash-gateway")
        .contains("[INFO] aud: \"another-service\"", "[INFO] scope: \"anthropic:read\"")
        .contains("[INFO] tenant_id: \"blue\"")
        .doesNotContain(SIGNATURE);
  }

  @Test
  void findsTheTokensKeyAtItsIssuer() {
    issuer("/realms/r", "{\"keys\":[{\"kid\":\"old\"},{\"kid\":\"key-1\"}]}");
    var token = jwt("{\"iss\":\"%s/realms/r\"}".formatted(gateway.url()));
    var ran = debug(token);

    assertThat(ran.code()).as(ran.out()).isZero();
    assertThat(ran.out())
        .contains("[✓] Discovery: " + gateway.url() + "/realms/r/.well-known/openid-configuration")
        .contains("[✓] JWKS: has the token's key key-1");
    assertThat(gateway.withCredential()).containsOnly(MESSAGES);
  }

  @Test
  void findsTheKeyWhereTheIssuerSpeaksOAuthOnly() {
    var issuer = gateway.url() + "/tenant";
    gateway
        .answering(
            "/.well-known/oauth-authorization-server/tenant",
            200,
            "{\"issuer\":\"%s\",\"jwks_uri\":\"%s/keys\"}".formatted(issuer, gateway.url()))
        .answering("/keys", 200, "{\"keys\":[{\"kid\":\"key-1\"}]}");

    assertThat(debug(jwt("{\"iss\":\"%s\"}".formatted(issuer))).out())
        .contains("[✓] JWKS: has the token's key key-1");
  }

  @Test
  void saysThatTheIssuerDoesNotKnowTheKey() {
    issuer("", "{\"keys\":[{\"kid\":\"old\"},{\"kid\":\"older\"}]}");
    var ran = debug(jwt("{\"iss\":\"%s\"}".formatted(gateway.url())));

    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.out()).contains("[✗] JWKS: has no key key-1 (it has: old, older)");
  }

  @Test
  void saysThatTheDocumentIsOfAnotherIssuer() {
    issuer("", "{\"keys\":[{\"kid\":\"key-1\"}]}");

    assertThat(debug(jwt("{\"iss\":\"%s/\"}".formatted(gateway.url()))).out())
        .contains(
            "[✗] Discovery: the document is of the issuer '" + gateway.url() + "', the token");
  }

  @Test
  void doesNotBlameATokenWhoseIssuerIsOutOfReach() throws IOException {
    var nobody = "http://127.0.0.1:" + ValidateTest.freePort();
    for (var issuer : List.of(nobody, gateway.url() + "/none", "an-issuer", "file:///etc")) {
      var ran = debug(jwt("{\"iss\":\"%s\"}".formatted(issuer)));

      assertThat(ran.code()).as(ran.out()).isZero();
      assertThat(ran.out())
          .containsAnyOf("[⚠] Discovery: no document at", "[INFO] Issuer is no web address");
    }
  }

  private void issuer(String path, String keys) {
    gateway
        .answering(
            path + "/.well-known/openid-configuration",
            200,
            "{\"issuer\":\"%1$s%2$s\",\"jwks_uri\":\"%1$s/keys\"}".formatted(gateway.url(), path))
        .answering("/keys", 200, keys);
  }

  private static String jwt(String payload) {
    var encoder = Base64.getUrlEncoder().withoutPadding();
    return encoder.encodeToString("{\"alg\":\"RS256\",\"kid\":\"key-1\"}".getBytes(UTF_8))
        + "."
        + encoder.encodeToString(payload.getBytes(UTF_8))
        + "."
        + SIGNATURE;
  }

  private Rig.Ran debug(String token, String... more) {
    var args = arguments(token);
    args.addAll(List.of(more));
    return Rig.run(args.toArray(String[]::new));
  }

  private String at(Instant now, String token) {
    InstantSource clock = () -> now;
    return Rig.run(Map.of(), clock, _ -> {}, arguments(token).toArray(String[]::new)).out();
  }

  private List<String> arguments(String token) {
    return new ArrayList<>(
        List.of("gateway", "debug-auth", "--url", gateway.url(), "--token", token));
  }
}
