package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.gateway.config.GatewayConfig;
import dev.ash.gateway.server.GatewayServer;
import dev.ash.gateway.server.Hashes;
import dev.ash.protocol.json.Json;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code /api/usage} of a running gateway. */
@Timeout(60)
final class UsageRouteTest {
  private static final String ADMIN = "canary-administrator-key";
  private static final String OTHER = "ash_the-key-of-another-team";

  @TempDir Path folder;
  @RegisterExtension private final BothEnds ends = new BothEnds();
  private final HttpClient http = ends.http();
  private final ScriptedModel model = ends.model();
  private final Rig.Clock clock = new Rig.Clock();

  @Test
  void saysWhatTheCommandSaysAlsoAfterARestartAndARotation() throws Exception {
    try (var gateway = started()) {
      call(gateway, Rig.TOKEN, "claude-sonnet-5");
      call(gateway, OTHER, "claude-haiku-4-5");
      call(gateway, OTHER, "our-own-model");
      clock.pass(Duration.ofDays(1));
      call(gateway, OTHER, "claude-haiku-4-5");
      written(gateway, 4);
      assertSameAsCommand(gateway, log());
      var all = asked(gateway, ADMIN, "?by=consumer");
      assertThat(all.path("rows")).hasSizeGreaterThan(1);
      assertThat(row(all, "=team, b").path("requests").asInt()).isEqualTo(3);
      assertThat(row(all, "=team, b").path("unpriced_requests").asInt()).isEqualTo(1);
    }
    var moved = Files.move(log(), folder.resolve("audit.log.1"));
    try (var gateway = started()) {
      call(gateway, Rig.TOKEN, "claude-sonnet-5");
      Awaitility.await().until(() -> Files.readString(log()).contains("team-a"));
      assertSameAsCommand(gateway, moved, log());
    }
  }

  @Test
  void aConsumerSeesItself() throws Exception {
    try (var gateway = started()) {
      call(gateway, Rig.TOKEN, "claude-sonnet-5");
      call(gateway, OTHER, "claude-haiku-4-5");
      written(gateway, 2);

      var own = asked(gateway, Rig.TOKEN, "?by=consumer,model&from=2026-11-22&to=2026-11-22");
      assertThat(own.path("rows")).isNotEmpty();
      assertThat(own.path("rows"))
          .allSatisfy(row -> assertThat(row.path("consumer").asText()).isEqualTo("team-a"));
      assertThat(own.path("total").path("tokens").asLong()).isPositive();
      assertThat(own.toString()).doesNotContain("team, b", "haiku", "not_counted");
      assertThat(asked(gateway, Rig.TOKEN, "?consumer=team-a").path("rows")).hasSize(1);
      var refused = get(gateway, Rig.TOKEN, "?consumer=%3Dteam,%20b");
      assertThat(refused.statusCode()).isEqualTo(403);
      assertThat(refused.body()).contains("another's usage is for administrators");
      assertThat(get(gateway, "ash_wrong", "").statusCode()).isEqualTo(401);
    }
  }

  @Test
  void isComparedByDaysAndGivenAsCsv() throws Exception {
    try (var gateway = started()) {
      call(gateway, OTHER, "claude-haiku-4-5");
      clock.pass(Duration.ofDays(1));
      call(gateway, OTHER, "claude-haiku-4-5");
      written(gateway, 2);

      var second = asked(gateway, ADMIN, "?by=day&from=2026-11-23&consumer=%3Dteam,%20b");
      assertThat(second.path("rows")).hasSize(1);
      assertThat(second.path("rows").path(0).path("day").asText()).isEqualTo("2026-11-23");
      var csv = get(gateway, ADMIN, "?format=csv&by=consumer,day&to=2026-11-22");
      assertThat(csv.headers().firstValue("content-type")).contains("text/csv; charset=utf-8");
      assertThat(csv.headers().firstValue("cache-control")).contains("no-store");
      assertThat(csv.body())
          .startsWith("consumer,day,requests,input_tokens,")
          .contains("\n\"'=team, b\",2026-11-22,1,")
          .doesNotContain("2026-11-23");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "?from=2026-13-01| 400| from: 2026-13-01 (expected: a day (UTC) such as 2026-11-27)",
        "?to=yesterday| 400| to: yesterday",
        "?from=%2B10000-01-01| 400| from: +10000-01-01",
        "?from=2026-11-02&to=2026-11-01| 400| from: 2026-11-02 (expected: a day not after to",
        "?by=team| 400| by: team (expected: consumer, model, day",
        "?by=day,day| 400| by: day,day",
        "?format=xml| 400| format: xml (expected: json or csv)",
        "?form=2026-11-01| 400| form: unknown (expected: from, to, by, consumer, format)",
        "?by=day&by=model| 400| by: there twice (expected: once)",
        "?consumer=%ff| 400| query: no UTF-8",
        "?consumer=%0d%0a%1b[31m&by=%0ax| 400| by: ?x",
      })
  void saysWhatIsWrongWithAQuestion(String query, int status, String said) throws Exception {
    try (var gateway = started()) {
      var answer = get(gateway, ADMIN, query);

      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
      assertThat(Json.parse(answer.body()).orElseThrow().path("error").path("message").asText())
          .contains(said);
      assertThat(get(gateway, ADMIN, "?consumer=" + "x".repeat(300)).body()).contains("too long");
    }
  }

  @Test
  void saysWhatToDoWhereTheLogGoesToStandardOutput() throws Exception {
    var yaml = yaml().replaceAll("audit: .*\n", "");
    try (var gateway = Rig.start(Rig.config(yaml), clock, OutputStream.nullOutputStream())) {
      var answer = get(gateway, ADMIN, "");

      assertThat(answer.statusCode()).isEqualTo(404);
      assertThat(answer.body())
          .contains(
              "expected: audit.file in the gateway's configuration", "ash gateway usage FILE");
    }
  }

  @Test
  void isNotThereWithoutAdministrators() throws Exception {
    var yaml = yaml().replaceAll("keyStore: .*\n", "");
    try (var gateway = Rig.start(Rig.config(yaml), clock, OutputStream.nullOutputStream())) {
      assertThat(get(gateway, Rig.TOKEN, "").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void guessingAdministratorsKeysHereBarsAnAddressToo() throws Exception {
    try (var gateway = started()) {
      for (var i = 0; i < 10; i++) {
        assertThat(get(gateway, "guess-" + i, "").statusCode()).isEqualTo(401);
      }
      assertThat(get(gateway, ADMIN, "").statusCode()).isEqualTo(429);
    }
  }

  @Test
  void guessingThemWhereNobodyNeedsAKeyBarsAnAddressToo() throws Exception {
    var made = Rig.config(yaml());
    var access = made.access();
    var open =
        made.with(
            new GatewayConfig.Access(
                true,
                access.pepper(),
                access.consumers(),
                access.oauth(),
                access.keyStore(),
                access.addresses()));
    try (var gateway = Rig.start(open, clock, OutputStream.nullOutputStream())) {
      for (var i = 0; i < 20; i++) {
        assertThat(get(gateway, Rig.TOKEN, "").statusCode()).isEqualTo(200);
      }
      for (var i = 0; i < 10; i++) {
        assertThat(get(gateway, "guess-" + i, "").statusCode()).isEqualTo(200);
      }
      assertThat(get(gateway, ADMIN, "").statusCode()).isEqualTo(429);
      var keyless = HttpRequest.newBuilder(URI.create(gateway.url() + "/api/usage")).build();
      assertThat(http.send(keyless, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void callsThatFillTheGatewayDoNotKeepAdministratorsOut() throws Exception {
    var yaml = yaml() + "limits: {concurrent: 1}\n";
    try (var gateway = Rig.start(Rig.config(yaml), clock, OutputStream.nullOutputStream())) {
      var held = new Socket(InetAddress.getLoopbackAddress(), gateway.port());
      try (held) {
        // Its body does not come: it is waited for with the only place taken.
        held.getOutputStream()
            .write(
                ("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                        + Rig.TOKEN
                        + "\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
                    .getBytes(US_ASCII));
        Awaitility.await().until(() -> status(gateway, Rig.TOKEN) == 503);

        assertThat(get(gateway, ADMIN, "").statusCode()).isEqualTo(200);
      }
    }
  }

  private int status(GatewayServer gateway, String key) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/nothing"))
            .header("authorization", "Bearer " + key)
            .build();
    return http.send(request, BodyHandlers.discarding()).statusCode();
  }

  private void assertSameAsCommand(GatewayServer gateway, Path... files) throws Exception {
    var args = new ArrayList<>(List.of("gateway", "usage"));
    for (var file : files) {
      args.add(file.toString());
    }
    args.addAll(List.of("--csv", "--by", "consumer,model,day"));
    var route = get(gateway, ADMIN, "?format=csv&by=consumer,model,day").body();
    // What is asked here is written down itself, at some time behind the answer.
    var command =
        Rig.run(args.toArray(String[]::new)).out().replaceAll("(?m)^administrator ops.*\n", "");
    assertThat(route.replaceAll("(?m)^administrator ops.*\n", "")).isEqualTo(command);
    assertThat(command.lines().count()).isGreaterThan(2);
  }

  private static JsonNode row(JsonNode usage, String consumer) {
    for (var row : usage.path("rows")) {
      if (row.path("consumer").asText().equals(consumer)) {
        return row;
      }
    }
    throw new AssertionError(consumer + " is not in " + usage);
  }

  private JsonNode asked(GatewayServer gateway, String key, String query) throws Exception {
    var answer = get(gateway, key, query);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return Json.parse(answer.body()).orElseThrow();
  }

  private HttpResponse<String> get(GatewayServer gateway, String key, String query)
      throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(gateway.url() + "/api/usage" + query))
            .header("authorization", "Bearer " + key)
            .build(),
        BodyHandlers.ofString());
  }

  /** Lines are written beside the answers. */
  private void written(GatewayServer gateway, int calls) {
    Awaitility.await()
        .until(
            () ->
                http.send(
                        HttpRequest.newBuilder(URI.create(gateway.url() + "/metrics")).build(),
                        BodyHandlers.ofString())
                    .body()
                    .contains("gateway_audit_sequence " + calls + ".0"));
  }

  private void call(GatewayServer gateway, String key, String name) throws Exception {
    var request =
        Calls.head(gateway.url() + "/v1/messages")
            .header("authorization", "Bearer " + key)
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    Calls.body("hello").replace("claude-sonnet-5", name)))
            .build();
    assertThat(http.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
  }

  private Path log() {
    return folder.resolve("audit.log");
  }

  private String yaml() {
    var hashes = new Hashes(Optional.empty());
    return Rig.yaml(model.url(), "")
        + "  - {name: '=team, b', keys: [{hash: %s}]}\n".formatted(hashes.hash(OTHER))
        + "keyStore: {file: %s, administrators: [{name: ops, hash: %s}]}\n"
            .formatted(folder.resolve("keys.json"), hashes.hash(ADMIN))
        + "timeouts: {idle: 3650d}\n"
        + "audit: {file: '%s'}\n".formatted(log());
  }

  private GatewayServer started() throws Exception {
    return Rig.start(Rig.config(yaml()), clock, OutputStream.nullOutputStream());
  }
}
