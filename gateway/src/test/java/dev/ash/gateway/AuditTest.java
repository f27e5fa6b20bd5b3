package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.gateway.config.GatewayConfig;
import dev.ash.gateway.server.GatewayServer;
import dev.ash.protocol.json.Json;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The audit log of a gateway that serves. */
@Timeout(60)
final class AuditTest {
  private static final String KEY = "canary-audit-key-0123456789";

  @TempDir Path folder;
  @RegisterExtension private final BothEnds ends = new BothEnds();
  private final HttpClient http = ends.http();
  private final ScriptedModel model = ends.model();

  @Test
  void isASignedChainThatVerifyChecks() throws Exception {
    var file = folder.resolve("audit.log");
    for (var start = 0; start < 2; start++) {
      try (var gateway = started(file, "key: " + KEY + ", ")) {
        assertThat(post(gateway, Map.of()).statusCode()).isEqualTo(200);
        assertThat(post(gateway, Map.of()).statusCode()).isEqualTo(200);
        say(gateway, "gateway_audit_sequence " + (2 + 2 * start) + ".0");
      }
    }

    var whole = verify(file, "--key", "${AUDIT_KEY}");
    assertThat(whole.code()).as(whole.out() + whole.err()).isZero();
    assertThat(whole.out()).startsWith("whole: 4 lines, 1 to 4").doesNotContain(KEY);
    assertThat(Files.readString(file)).doesNotContain(KEY);
    Files.writeString(file, Files.readString(file).replaceFirst("team-a", "team-b"));
    var broken = verify(file, "--key", KEY);
    assertThat(broken.code()).isEqualTo(1);
    assertThat(broken.out()).isEqualTo(file + ":1: changed: its hash does not fit\n");
    assertThat(verify(file).code()).isEqualTo(2);
    var missing = verify(folder.resolve("no-such-file"));
    assertThat(missing.code()).isEqualTo(2);
    assertThat(missing.err()).contains("no-such-file");
    assertThat(verify(file, "--witness", "1:abc").err()).contains("--witness: 1:abc (expected: ");
  }

  @Test
  void itsKeyAndWhatItDoesOnFailureChangeWithoutARestart() throws Exception {
    var file = folder.resolve("audit.log");
    try (var gateway = started(file, "")) {
      assertThat(post(gateway, Map.of()).statusCode()).isEqualTo(200);
      say(gateway, "gateway_audit_sequence 1.0");
      gateway.reload(config(file, "key: " + KEY + ", onFailure: refuse, "));
      assertThat(post(gateway, Map.of()).statusCode()).isEqualTo(200);
      say(gateway, "gateway_audit_sequence 2.0");

      gateway.reload(config(fullDisk("full"), "onFailure: refuse, "));
      assertThat(post(gateway, Map.of()).statusCode()).isEqualTo(200);
      say(gateway, "gateway_audit_failures_total 1.0");
      assertThat(post(gateway, Map.of()).statusCode()).isEqualTo(503);
    }
    var lines = lines(Files.readString(file));
    assertThat(lines).hasSize(2);
    assertThat(lines.getFirst().has("signed_by")).isFalse();
    assertThat(lines.getLast().has("signed_by")).isTrue();
    assertThat(verify(file, "--key", KEY).code()).isZero();
  }

  @Test
  void refusesCallsWhileItCannotBeWritten() throws Exception {
    var file = fullDisk();
    try (var gateway = started(file, "onFailure: refuse, ")) {
      assertThat(post(gateway, Map.of()).statusCode()).isEqualTo(200);
      say(gateway, "gateway_audit_failures_total 1.0");
      var refused = post(gateway, Map.of());
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.body()).contains("overloaded_error", "The audit log cannot be written");
      assertThat(refused.headers().firstValue("retry-after")).contains("1");
      assertThat(model.requests()).isEqualTo(1);
      say(gateway, "gateway_audit_failures_total 2.0");
      makeRoom(file);

      // The line of a call that is turned away is the next try.
      assertThat(post(gateway, Map.of()).statusCode()).isEqualTo(503);
      // The gap, and the one that was turned away.
      say(gateway, "gateway_audit_sequence 2.0");
      assertThat(post(gateway, Map.of()).statusCode()).isEqualTo(200);
      say(gateway, "gateway_audit_sequence 3.0");
      say(gateway, "gateway_audit_failures_total 2.0");
    }
    var lines = lines(Files.readString(file));
    assertThat(lines).hasSize(3);
    assertThat(lines.getFirst().path("event").asText()).isEqualTo("gap");
    assertThat(lines.getFirst().path("lost_lines").asInt()).isEqualTo(2);
    assertThat(verify(file).code()).isZero();
  }

  @Test
  void servesOnUnlessItIsToldToRefuse() throws Exception {
    var file = fullDisk();
    try (var gateway = started(file, "")) {
      assertThat(post(gateway, Map.of()).statusCode()).isEqualTo(200);
      assertThat(post(gateway, Map.of()).statusCode()).isEqualTo(200);
      say(gateway, "gateway_audit_failures_total 2.0");
    }
  }

  @Test
  void joinsTheLogsOfClientGatewayAndProvider() throws Exception {
    var out = new ByteArrayOutputStream();
    HttpResponse<String> answer;
    try (var gateway =
        Rig.start(Rig.config(model.url(), ""), java.time.InstantSource.system(), out)) {
      answer =
          post(
              gateway,
              Map.of(
                  "x-request-id", "r-1",
                  "x-correlation-id", "a\",\"status_code\":\"999 \u00e9" + "x".repeat(300),
                  "x-claude-code-session-id", "5b1f0a0e-7d7a-4c54-9a43-0d4a2f0d9f11"));
    }

    var line = lines(out.toString(StandardCharsets.UTF_8)).getFirst();
    assertThat(line.path("upstream_request_id").asText())
        .isEqualTo(answer.headers().firstValue("request-id").orElseThrow());
    assertThat(line.path("request_id").asText())
        .isEqualTo(answer.headers().firstValue("x-request-id").orElseThrow());
    assertThat(line.path("client_request_id").asText()).isEqualTo("r-1");
    assertThat(line.path("client_session_id").asText())
        .isEqualTo("5b1f0a0e-7d7a-4c54-9a43-0d4a2f0d9f11");
    assertThat(line.path("client_correlation_id").asText())
        .startsWith("a___status_code_:_999_")
        .hasSize(128)
        .matches("[A-Za-z0-9._:/+=@-]+");
    assertThat(line.path("status_code").asInt()).isEqualTo(200);
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    var ran = Rig.run("gateway", "audit", "verify", folder.resolve("gone.log").toString());

    assertThat(ran.err())
        .contains("Error: " + folder.resolve("gone.log") + ": not there (expected: a file)");
    assertThat(ran.code()).isEqualTo(2);
  }

  @Test
  void aKeyThatCanBeGuessedAndAnUnknownPolicyAreRefused() throws Exception {
    assertThat(explained("audit: {key: short}\n"))
        .contains("audit.key: *** (expected: at least 16");
    assertThat(explained("audit: {onFailure: panic}\n"))
        .contains("audit.onFailure: panic (expected: refuse or continue)");
  }

  private String explained(String more) throws IOException {
    return Rig.explained(folder, Rig.yaml(model.url(), "") + more);
  }

  /** A file of which every write fails as on a full disk. */
  private Path fullDisk() throws Exception {
    return fullDisk("audit.log");
  }

  private Path fullDisk(String name) throws Exception {
    var device = Path.of("/dev/full");
    assumeTrue(Files.exists(device), "this system has no /dev/full");
    return Files.createSymbolicLink(folder.resolve(name), device);
  }

  private void makeRoom(Path file) throws Exception {
    var next = Files.createSymbolicLink(folder.resolve("next"), folder.resolve("real.log"));
    Files.createFile(folder.resolve("real.log"));
    Files.move(next, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
  }

  private GatewayServer started(Path audit, String more) throws Exception {
    return Rig.start(config(audit, more));
  }

  private GatewayConfig config(Path audit, String more) throws Exception {
    return Rig.config(Rig.yaml(model.url(), "") + "audit: {%sfile: %s}\n".formatted(more, audit));
  }

  private static Rig.Ran verify(Path file, String... more) {
    var args = new java.util.ArrayList<>(List.of("gateway", "audit", "verify", file.toString()));
    args.addAll(List.of(more));
    return Rig.run(
        Map.of("AUDIT_KEY", KEY),
        java.time.InstantSource.system(),
        _ -> {},
        args.toArray(String[]::new));
  }

  private static List<JsonNode> lines(String text) {
    return text.lines().map(line -> Json.parse(line).orElseThrow()).toList();
  }

  /** Soon: a call is written down after its answer. */
  private void say(GatewayServer gateway, String line) {
    var request = HttpRequest.newBuilder(URI.create(gateway.url() + "/metrics")).build();
    Awaitility.await()
        .untilAsserted(
            () -> assertThat(http.send(request, BodyHandlers.ofString()).body()).contains(line));
  }

  private HttpResponse<String> post(GatewayServer gateway, Map<String, String> headers)
      throws Exception {
    var body = Json.object().put("model", "claude-sonnet-5").put("max_tokens", 20);
    body.putArray("messages").addObject().put("role", "user").put("content", "hello");
    var request =
        HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/messages"))
            .header("content-type", "application/json")
            .header("authorization", "Bearer " + Rig.TOKEN)
            .POST(BodyPublishers.ofString(Json.write(body)));
    headers.forEach(request::header);
    return http.send(request.build(), BodyHandlers.ofString());
  }
}
