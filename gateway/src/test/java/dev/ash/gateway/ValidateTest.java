package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.gateway.FaultyGateway.Fault;
import dev.ash.protocol.json.Json;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
final class ValidateTest {
  private static final String STREAM =
      "SCN:[{\"text\":\"one two three four five six seven eight\",\"chunk\":5,\"chunkMs\":60}]";
  private static final String[] SLOWLY = {
    "--timeout-check", "1", "--timeout-prompt", "SCN:[{\"text\":\"late\",\"slowMs\":1200}]"
  };

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
  void saysTheSpecificationsLinesForOurOwnGateway() throws Exception {
    try (var gateway = Rig.start(Rig.config(model.url(), ""))) {
      var ran = validate(gateway.url(), SLOWLY);

      assertThat(ran.code()).as(ran.out() + ran.err()).isZero();
      assertThat(ran.out().lines())
          .containsSubsequence(
              "Gateway Compatibility Validation",
              "✓ PASS - Endpoint Support: Gateway supports /v1/messages endpoint",
              "✓ PASS - Header Forwarding: All required headers forwarded correctly",
              "✓ PASS - Body Preservation: Response body structure preserved correctly",
              "✓ PASS - Status Codes: Gateway returns standard auth error: 401",
              "✓ PASS - SSE Streaming: Gateway supports SSE streaming (3 chunks received)",
              "✓ PASS - Authentication: Bearer token authentication working correctly",
              "✓ PASS - Timeout Support: Gateway waits at least 1 seconds",
              "Total Checks: 7",
              "Passed: 7",
              "✓ Gateway is COMPATIBLE with Claude Code");
    }
  }

  @Test
  void provesEverythingToTheByteWhereTheGatewayCanBePointedAtTheProbe() throws Exception {
    var port = freePort();
    try (var gateway = Rig.start(Rig.config("http://127.0.0.1:" + port, ""))) {
      var ran =
          Rig.run(
              "gateway",
              "validate",
              "--url",
              gateway.url(),
              "--token",
              Rig.TOKEN,
              "--verbose",
              "--probe-listen",
              "127.0.0.1:" + port,
              "--timeout-check",
              "1");

      assertThat(ran.code()).as(ran.out()).isZero();
      assertThat(ran.out())
          .contains("[Check 7/7] Timeout Support", "Proved by the probe", "equal to the byte")
          .contains("Passed: 7")
          .doesNotContain(Rig.TOKEN);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "OTHER_PATH_ONLY, Endpoint Support, Unexpected status code: 404",
    "METHOD_NOT_ALLOWED, Endpoint Support, Unexpected status code: 405",
    "REDIRECTS, Endpoint Support, Unexpected status code: 302",
    "EVERYTHING_599, Endpoint Support, Unexpected status code: 599",
    "STRIPS_BETA, Header Forwarding, anthropic-beta",
    "WRAPS_BODY, Body Preservation, modified by gateway",
    "RENAMES_CONTENT, Body Preservation, modified by gateway",
    "NUMBERS_AS_TEXT, Body Preservation, modified by gateway",
    "NOT_JSON, Body Preservation, not valid JSON",
    "ACCEPTS_ANY_TOKEN, Status Codes, accepts invalid token",
    "BAD_TOKEN_IS_500, Status Codes, Unexpected status 500",
    "SUCCESS_IS_201, Status Codes, 201 where 200",
    "ERRORS_ARE_200, Status Codes, 200 to a bad request",
    "ERRORS_LOSE_THEIR_BODY, Status Codes, error bodies",
    "BUFFERS_STREAM, SSE Streaming, buffers the stream",
    "STREAM_AS_JSON_TYPE, SSE Streaming, Wrong Content-Type",
    "STREAM_ONLY_WITH_ACCEPT, SSE Streaming, does not stream with Accept: application/json",
    "STREAM_WITHOUT_EVENT_NAMES, SSE Streaming, event names",
    "STREAM_CUT, SSE Streaming, before message_stop",
    "REFUSES_GOOD_TOKEN, Authentication, Valid token rejected",
    "LEAKS_TOKEN_BACK, Authentication, sends the client's token back",
    "SHORT_TIMEOUT, Timeout Support, gives up before 1 seconds",
  })
  void namesWhatAGatewayDoesWrong(Fault fault, String criterion, String message) throws Exception {
    try (var gateway = new FaultyGateway(model.url(), fault)) {
      var ran =
          switch (criterion) {
            case "SSE Streaming" -> validate(gateway.url(), "--stream-prompt", STREAM);
            case "Timeout Support" -> validate(gateway.url(), SLOWLY);
            default -> validate(gateway.url());
          };

      assertThat(ran.code()).as(ran.out()).isEqualTo(1);
      assertThat(ran.out().lines())
          .anyMatch(l -> l.startsWith("✗ FAIL - " + criterion + ": ") && l.contains(message))
          .contains("✗ Gateway has COMPATIBILITY ISSUES", "- Fix: " + criterion);
      assertThat(ran.out()).doesNotContain(Rig.TOKEN);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "STRIPS_VERSION, Header Forwarding, anthropic-version",
    "STRIPS_BETA, Header Forwarding, anthropic-beta",
    "STRIPS_UNKNOWN_HEADERS, Header Forwarding, anthropic-ash-unknown",
    "DROPS_QUERY, Header Forwarding, the query",
    "REWRITES_REQUEST, Body Preservation, Request body modified",
    "NUMBERS_AS_TEXT, Body Preservation, Response body structure modified",
    "BUFFERS_STREAM, SSE Streaming, buffers the stream",
    "LEAKS_TOKEN_UPSTREAM, Authentication, Client token reaches the upstream",
    "FORWARDS_BEFORE_CHECK, Authentication, forwards before it checks",
    "SHORT_TIMEOUT, Timeout Support, gives up",
  })
  void seesThroughTheProbeWhatAnAnswerDoesNotShow(Fault fault, String criterion, String text)
      throws Exception {
    var port = freePort();
    try (var gateway = new FaultyGateway("http://127.0.0.1:" + port, fault)) {
      var ran =
          Rig.run(
              "gateway",
              "validate",
              "--url",
              gateway.url(),
              "--token",
              Rig.TOKEN,
              "--verbose",
              "--probe-listen",
              "127.0.0.1:" + port,
              "--timeout-check",
              fault == Fault.SHORT_TIMEOUT ? "1" : "0");

      assertThat(ran.code()).as(ran.out()).isEqualTo(1);
      assertThat(ran.out()).contains("✗ FAIL - " + criterion + ": ").contains(text);
      assertThat(ran.out()).doesNotContain(Rig.TOKEN);
    }
  }

  @Test
  void findsNothingWrongWithTheSameGatewayWithoutAFault() throws Exception {
    try (var gateway = new FaultyGateway(model.url(), Fault.NONE)) {
      assertThat(validate(gateway.url()).out()).contains("Gateway is COMPATIBLE");
    }
  }

  @Test
  void sendsTheTokenInTheHeaderThatTheGatewayTakes() throws Exception {
    try (var gateway = new FaultyGateway(model.url(), Fault.TAKES_X_API_KEY_ONLY)) {
      var ran = validate(gateway.url(), "--auth-header", "x-api-key");

      assertThat(ran.code()).as(ran.out()).isZero();
      assertThat(ran.out())
          .contains("✓ PASS - Status Codes: Gateway returns standard auth error: 401")
          .contains("✓ PASS - Authentication: x-api-key authentication working correctly");
      assertThat(validate(gateway.url()).out())
          .contains("✗ FAIL - Authentication: Valid token rejected by gateway");
    }
  }

  @Test
  void probesAGatewayThatTakesAnApiKey() throws Exception {
    var port = freePort();
    try (var gateway = new FaultyGateway("http://127.0.0.1:" + port, Fault.TAKES_X_API_KEY_ONLY)) {
      var ran =
          validate(
              gateway.url(), "--auth-header", "x-api-key", "--probe-listen", "127.0.0.1:" + port);

      assertThat(ran.code()).as(ran.out()).isZero();
      assertThat(ran.out()).contains("Passed: 6");
    }
  }

  @Test
  void namesTheHeadersThatATokenCanStandIn() {
    var ran = validate("http://127.0.0.1:1", "--auth-header", "basic");

    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).contains("Error: --auth-header: basic (expected: bearer or x-api-key)");
  }

  @Test
  void allowsAGatewayThatSetsTheVersionItself() throws Exception {
    try (var gateway = new FaultyGateway(model.url(), Fault.STRIPS_VERSION)) {
      var ran = validate(gateway.url(), "--verbose");

      assertThat(ran.out()).contains("the gateway sets a fixed anthropic-version");
    }
  }

  @Test
  void saysThatItCannotConnect() throws Exception {
    var ran = validate("http://127.0.0.1:" + freePort());

    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.out()).contains("✗ FAIL - Endpoint Support: Cannot connect to gateway");
  }

  @Test
  void writesAReportWithEvidenceAndWithoutTheToken(@TempDir Path folder) throws Exception {
    var file = folder.resolve("report.json");
    try (var gateway = new FaultyGateway(model.url(), Fault.LEAKS_TOKEN_BACK)) {
      var ran = validate(gateway.url(), "--output", file.toString());

      assertThat(ran.out()).contains("Results exported to: " + file);
      var text = Files.readString(file);
      assertThat(text).doesNotContain(Rig.TOKEN);
      var report = Json.parse(text).orElseThrow();
      assertThat(report.path("gateway_url").asText()).isEqualTo(gateway.url());
      assertThat(report.path("results")).hasSize(7);
      assertThat(report.path("results").get(0).path("passed").asBoolean()).isTrue();
      assertThat(report.path("results").get(5).path("passed").asBoolean(true)).isFalse();
      assertThat(report.path("results").get(5).path("evidence").get(0).asText())
          .contains("POST /v1/messages", "-> 200");
      assertThat(report.path("summary").path("failed").asInt()).isEqualTo(1);
    }
  }

  @Test
  void asksForAToken() {
    var ran = Rig.run("gateway", "validate", "--url", "http://127.0.0.1:1");

    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).contains("--token is required");
  }

  private static Rig.Ran validate(String url, String... more) {
    var args = new ArrayList<>(List.of("gateway", "validate", "--url", url, "--token", Rig.TOKEN));
    args.addAll(List.of(more));
    return Rig.run(args.toArray(String[]::new));
  }

  static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
