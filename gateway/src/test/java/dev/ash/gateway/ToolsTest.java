package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.gateway.FaultyGateway.Fault;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
final class ToolsTest {
  private ScriptedModel model;

  @BeforeEach
  void startModel() throws IOException {
    model = Rig.model();
  }

  @AfterEach
  void stopModel() {
    model.close();
  }

  @Test
  void testHeadersPrintsTheSpecificationsThreeLines() throws Exception {
    try (var gateway = Rig.start(Rig.config(model.url(), ""))) {
      var ran = Rig.run("gateway", "test-headers", "--url", gateway.url(), "--token", Rig.TOKEN);

      assertThat(ran.code()).as(ran.out()).isZero();
      assertThat(ran.out().lines())
          .containsSubsequence(
              "✓ PASS - anthropic-version header forwarded correctly",
              "✓ PASS - anthropic-beta header forwarded correctly",
              "✓ PASS - anthropic-client-version header forwarded (optional header)",
              "✓ PASS - Content-Type header preserved correctly",
              "Tests Run: 6",
              "✓ All header forwarding tests PASSED");
    }
  }

  @Test
  void testHeadersReadsBackThroughTheProbe() throws Exception {
    var port = ValidateTest.freePort();
    try (var gateway =
        new FaultyGateway("http://127.0.0.1:" + port, Fault.STRIPS_UNKNOWN_HEADERS)) {
      var ran =
          Rig.run(
              "gateway",
              "test-headers",
              "--url",
              gateway.url(),
              "--token",
              Rig.TOKEN,
              "--echo",
              "127.0.0.1:" + port);

      assertThat(ran.code()).isEqualTo(1);
      assertThat(ran.out())
          .contains("✓ PASS - anthropic-version header forwarded correctly")
          .contains("✗ FAIL - anthropic-ash-unknown header NOT forwarded");
    }
  }

  @ParameterizedTest
  @CsvSource({"test-headers, 1", "debug-auth, 1", "validate, 2", "test-rate-limit, 2"})
  void saysWhichArgumentIsMissing(String tool, int code) {
    var more = tool.equals("test-rate-limit") ? List.of("--rpm", "9") : List.<String>of();
    var line = new ArrayList<>(List.of("gateway", tool));
    line.addAll(more);
    var neither = Rig.run(line.toArray(String[]::new));
    line.addAll(List.of("--url", "http://127.0.0.1:1"));
    var noToken = Rig.run(line.toArray(String[]::new));
    line.add("--unheard-of");
    var unknown = Rig.run(line.toArray(String[]::new));

    assertThat(neither.err().lines()).containsExactly("Error: --url is required");
    assertThat(noToken.err().lines()).startsWith("Error: --token is required");
    assertThat(unknown.err()).contains("Error: Unknown option: '--unheard-of'");
    assertThat(List.of(neither.code(), noToken.code(), unknown.code())).containsOnly(code);
  }

  @Test
  void everyToolSendsTheTokenAsAnApiKeyWhereAsked() throws Exception {
    try (var gateway = new FaultyGateway(model.url(), Fault.TAKES_X_API_KEY_ONLY)) {
      assertThat(asApiKey(gateway, "test-headers").out())
          .contains("✓ PASS - x-api-key header handled correctly (valid token accepted)");
      assertThat(asApiKey(gateway, "debug-auth").out())
          .contains("[✓] Authentication successful (status 200)");
      assertThat(asApiKey(gateway, "test-rate-limit", "--rpm", "2").out())
          .contains("Requests Made: 5", "Succeeded: 5");
    }
  }

  @Test
  void testHeadersDoesNotClaimWhatItCannotKnow() throws Exception {
    try (var gateway = new FaultyGateway(model.url(), Fault.STRIPS_BETA)) {
      var ran = Rig.run("gateway", "test-headers", "--url", gateway.url(), "--token", Rig.TOKEN);

      assertThat(ran.out()).contains("○ SKIP - anthropic-beta header: accepted, forwarding not");
    }
  }

  @ParameterizedTest
  @CsvSource({"10", "60", "100"})
  void testRateLimitPassesOnASlidingWindow(int rpm) throws Exception {
    var clock = new Rig.Clock();
    try (var gateway =
        Rig.start(
            Rig.config(model.url(), "requestsPerMinute: " + rpm),
            clock,
            new ByteArrayOutputStream())) {
      var ran = rateLimit(clock, gateway.url(), rpm);

      assertThat(ran.code()).as(ran.out()).isZero();
      assertThat(ran.out())
          .contains("First rate limit at request #" + rpm)
          .contains("✓ PASS - Reset: Limit resets after")
          .contains("✓ PASS - Retry-After: 429 has Retry-After")
          .contains("✓ Rate limiting is working correctly");
    }
  }

  @Test
  void testRateLimitFailsWithoutALimit() throws Exception {
    var clock = new Rig.Clock();
    try (var gateway = Rig.start(Rig.config(model.url(), ""))) {
      var ran = rateLimit(clock, gateway.url(), 20);

      assertThat(ran.code()).isEqualTo(1);
      assertThat(ran.out())
          .contains("✗ FAIL - Enforcement: No rate limiting observed")
          .contains("✗ Rate limiting has issues");
    }
  }

  @Test
  void debugAuthSaysThatAllIsWell() throws Exception {
    try (var gateway = Rig.start(Rig.config(model.url(), ""))) {
      var ran = Rig.run("gateway", "debug-auth", "--url", gateway.url(), "--token", Rig.TOKEN);

      assertThat(ran.code()).as(ran.out()).isZero();
      assertThat(ran.out())
          .contains("[✓] TCP: port", "[✓] /health: status 200")
          .contains("[✓] Authentication is working correctly")
          .doesNotContain(Rig.TOKEN);
    }
  }

  @Test
  void debugAuthNamesTheCausesOfARefusal() throws Exception {
    try (var gateway = Rig.start(Rig.config(model.url(), ""))) {
      var ran =
          Rig.run(
              "gateway", "debug-auth", "--url", gateway.url(), "--token", "sk-ant-api03-wrong0");

      assertThat(ran.code()).isEqualTo(1);
      assertThat(ran.out())
          .contains("[✗] This is a provider key")
          .contains("[✗] Status 401: the token is not accepted", "token revoked")
          .contains("[✗] Authentication issues detected")
          .doesNotContain("sk-ant-api03-wrong0");
    }
  }

  @Test
  void debugAuthReadsAnExpiredToken() {
    var payload = "{\"exp\":1000,\"iss\":\"https://issuer\",\"scope\":\"anthropic:read\"}";
    var token =
        "eyJhbGciOiJSUzI1NiJ9."
            + Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(payload.getBytes(StandardCharsets.UTF_8))
            + ".signature";
    var ran = Rig.run("gateway", "debug-auth", "--url", "http://127.0.0.1:1", "--token", token);

    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.out())
        .contains("[✗] TCP: cannot connect to port 1")
        .contains("[✗] Token has expired", "seconds ago", "[INFO] iss: \"https://issuer\"")
        .doesNotContain("signature");
  }

  @Test
  void claudeStatusPrintsTheSpecificationsFourLines(@TempDir Path home) throws Exception {
    var ran =
        status(
            Map.of(
                "ANTHROPIC_BASE_URL", "https://your-gateway.example.com",
                "ANTHROPIC_AUTH_TOKEN", "t",
                "CLAUDE_CONFIG_DIR", home.toString()));
    assertThat(ran.out())
        .isEqualTo(
            """
            Claude Code Status
            ==================
            Base URL: https://your-gateway.example.com (custom)
            Authentication: Configured
            """);
    assertThat(status(Map.of("CLAUDE_CONFIG_DIR", home.toString())).out())
        .contains(
            "Base URL: https://api.anthropic.com (default)", "Authentication: Not configured");

    var _ =
        Files.writeString(
            home.resolve("settings.json"),
            "{\"env\":{\"ANTHROPIC_BASE_URL\":\"https://set.example\"},\"apiKeyHelper\":\"/bin/k\"}");
    assertThat(status(Map.of("CLAUDE_CONFIG_DIR", home.toString())).out())
        .contains("Base URL: https://set.example (custom)", "Authentication: Configured");
  }

  @Test
  void makesKeysWhoseHashTheGatewayKnows() {
    var ran = Rig.run("gateway", "key");
    var key = ran.out().lines().findFirst().orElseThrow().substring("key:  ".length());

    assertThat(key).matches("ash_[A-Za-z0-9_-]{32}");
    assertThat(Rig.run("gateway", "key", "--of", key).out())
        .isEqualTo(ran.out().lines().skip(1).findFirst().orElseThrow() + "\n");
  }

  private static Rig.Ran asApiKey(FaultyGateway gateway, String tool, String... more) {
    var args =
        new ArrayList<>(
            List.of(
                "gateway", tool, "--url", gateway.url(), "--token", Rig.TOKEN, "--auth-header"));
    args.add("x-api-key");
    args.addAll(List.of(more));
    return Rig.run(args.toArray(String[]::new));
  }

  private static Rig.Ran status(Map<String, String> environment) {
    return Rig.run(environment, InstantSource.system(), _ -> {}, "claude", "status");
  }

  private static Rig.Ran rateLimit(Rig.Clock clock, String url, int rpm) {
    return Rig.run(
        Map.of(),
        clock,
        clock::pass,
        "gateway",
        "test-rate-limit",
        "--url",
        url,
        "--token",
        Rig.TOKEN,
        "--rpm",
        Integer.toString(rpm));
  }
}
