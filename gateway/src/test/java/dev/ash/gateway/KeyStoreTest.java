package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.gateway.config.GatewayConfig;
import dev.ash.gateway.server.GatewayServer;
import dev.ash.gateway.server.Hashes;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A running gateway whose key store changes. */
@Timeout(90)
final class KeyStoreTest {
  private static final String ADMIN = "canary-administrator-key";

  @TempDir Path folder;
  private final Rig.Clock clock = new Rig.Clock();
  private final ByteArrayOutputStream audit = new ByteArrayOutputStream();
  @RegisterExtension private final BothEnds ends = new BothEnds();
  private final HttpClient http = ends.http();
  private final ScriptedModel model = ends.model();
  private Path file;

  @BeforeEach
  void start() throws Exception {
    file = folder.resolve("gateway.yaml");
  }

  @Test
  void noCallFailsWhileAKeyIsRotatedAndTheOldOneEndsAfterTheOverlap() throws Exception {
    try (var gateway = serve("");
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var made = keys("create", "--consumer", "team-a");
      var old = KeysCommandTest.text(made);
      soon().until(() -> post(gateway, old).statusCode() == 200);
      var used = new AtomicReference<>(old);
      var over = new AtomicBoolean();
      var load =
          threads.submit(
              () -> {
                var calls = 0;
                while (!over.get()) {
                  var answer = post(gateway, used.get());
                  assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                  calls++;
                }
                return calls;
              });
      try {
        clock.pass(Duration.ofDays(80));
        var rotated = keys("rotate", KeysCommandTest.id(made), "--overlap", "24h");
        var next = KeysCommandTest.text(rotated);
        soon().until(() -> load.isDone() || post(gateway, next).statusCode() == 200);
        clock.pass(Duration.ofHours(24).minusSeconds(1));
        var before = model.requests();
        soon().until(() -> load.isDone() || model.requests() > before + 5);
        used.set(next);
        // A call that began with the old key is over when two later ones are.
        var switched = model.requests();
        soon().until(() -> load.isDone() || model.requests() > switched + 2);
        clock.pass(Duration.ofSeconds(1));
        var after = model.requests();
        soon().until(() -> load.isDone() || model.requests() > after + 5);
      } finally {
        over.set(true);
      }
      assertThat(load.get()).isPositive();
      var refused = post(gateway, old);
      assertThat(refused.statusCode()).isEqualTo(401);
      assertThat(refused.body()).contains("API key has expired");
      soon().until(() -> audit.toString(UTF_8).contains("\"user_id\":\"team-a\""));
      assertThat(audit.toString(UTF_8)).doesNotContain(old);
    }
  }

  @Test
  void aKeyRevokedByACommandIsRefusedByTheRunningGateway() throws Exception {
    try (var gateway = serve("")) {
      var made = keys("create", "--consumer", "team-a");
      soon().until(() -> post(gateway, KeysCommandTest.text(made)).statusCode() == 200);

      assertThat(keys("revoke", KeysCommandTest.id(made)).code()).isZero();

      soon().until(() -> post(gateway, KeysCommandTest.text(made)).statusCode() == 401);
      assertThat(post(gateway, Rig.TOKEN).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void consumersHaveTheirLimitsWhereverTheirKeysAreAndOthersThoseOfTheStore() throws Exception {
    try (var gateway = serve(", requestsPerMinute: 3")) {
      var teamA = KeysCommandTest.text(keys("create", "--consumer", "team-a"));
      var guest = KeysCommandTest.text(keys("create", "--consumer", "somebody"));
      soon().until(() -> post(gateway, guest).statusCode() == 200);

      var first = remaining(post(gateway, Rig.TOKEN));
      assertThat(remaining(post(gateway, teamA))).isEqualTo(first - 1);
      assertThat(post(gateway, guest).headers().firstValue("x-ratelimit-limit")).contains("3");
      assertThat(post(gateway, guest).statusCode()).isEqualTo(200);
      assertThat(post(gateway, guest).statusCode()).isEqualTo(429);
    }
  }

  @Test
  void aBrokenStoreIsToldOnceAndTheKeysBeforeStayInForce() throws Exception {
    try (var gateway = serve("");
        var log = new GatewayLog()) {
      var key = KeysCommandTest.text(keys("create", "--consumer", "team-a"));
      soon().until(() -> post(gateway, key).statusCode() == 200);
      var whole = Files.readString(folder.resolve("keys.json"));
      replaced(whole.substring(0, 50));

      soon().until(() -> log.lines("the keys before stay in force") == 1);
      assertThat(post(gateway, key).statusCode()).isEqualTo(200);
      soon().until(() -> scrape(gateway).contains("gateway_key_store_readable 0.0"));
      Files.delete(folder.resolve("keys.json"));
      soon().until(() -> post(gateway, key).statusCode() == 401);
      assertThat(log.lines("the keys before stay in force")).isEqualTo(1);
    }
  }

  @Test
  void theLogWarnsOnceADayOfAKeyInItsLastWeekUntilItIsRenewed() throws Exception {
    try (var gateway = serve("");
        var log = new GatewayLog()) {
      var made = keys("create", "--consumer", "team-a", "--expires", "10d");
      var id = KeysCommandTest.id(made);
      soon().until(() -> post(gateway, KeysCommandTest.text(made)).statusCode() == 200);
      assertThat(log.lines(id)).isZero();

      clock.pass(Duration.ofDays(3));
      soon().until(() -> log.lines(id + " of team-a ends at 2026-12-02T00:00:00Z") == 1);
      clock.pass(Duration.ofDays(1));
      soon().until(() -> log.lines(id) == 2);
      assertThat(log.lines(KeysCommandTest.text(made))).isZero();
      var next = KeysCommandTest.text(keys("rotate", id, "--overlap", "4d"));
      soon().until(() -> post(gateway, next).statusCode() == 200);
      clock.pass(Duration.ofDays(1));
      var other = KeysCommandTest.id(keys("create", "--consumer", "team-b", "--expires", "1d"));
      soon().until(() -> log.lines(other) == 1);
      assertThat(log.lines(id)).isEqualTo(2);
    }
  }

  @Test
  void theLogWarnsOfTheLastWeekOfAnAdministratorsKeyToo() throws Exception {
    try (var log = new GatewayLog();
        var _ = serve(admins().replace("}]", ", expires: 2026-11-25}]"))) {
      soon().until(() -> log.lines("… of ops ends at 2026-11-25T00:00:00Z") == 1);
    }
  }

  @Test
  void administratorsMakeAndRevokeKeysOverHttpAtOnce() throws Exception {
    try (var gateway = serve(admins())) {
      var made = api(gateway, "POST", "", ADMIN, "{\"name\": \"team-a\", \"label\": \"ci\"}");

      assertThat(made.statusCode()).isEqualTo(201);
      assertThat(made.headers().firstValue("cache-control")).contains("no-store");
      var body = Json.parse(made.body()).orElseThrow();
      var key = body.path("key").asText();
      var id = body.path("id").asText();
      assertThat(key).matches("ash_[A-Za-z0-9_-]{32}");
      assertThat(body.path("expires_at").asText()).isEqualTo("2027-02-20T00:00:00Z");
      assertThat(body.path("base_url").asText()).isEqualTo("https://gateway.example.com");
      assertThat(post(gateway, key).statusCode()).isEqualTo(200);
      assertThat(api(gateway, "GET", "", ADMIN, "").body())
          .contains(id, "\"name\":\"team-a\"", "\"label\":\"ci\"", "\"state\":\"active\"")
          .doesNotContain(key, new Hashes(Optional.empty()).hash(key));
      assertThat(keys("list").out()).contains(id);

      assertThat(api(gateway, "DELETE", "/" + id, ADMIN, "").statusCode()).isEqualTo(204);
      assertThat(post(gateway, key).statusCode()).isEqualTo(401);
      assertThat(api(gateway, "DELETE", "/key-0", ADMIN, "").statusCode()).isEqualTo(404);
      var line =
          "\"user_id\":\"administrator ops\",\"auth_method\":\"administrator\",\"key_id\":\"%s\""
              .formatted(id);
      soon().until(() -> audit.toString(UTF_8).lines().filter(l -> l.contains(line)).count() == 2);
      assertThat(audit.toString(UTF_8)).doesNotContain(ADMIN, key);
    }
  }

  @Test
  void administratorsRotateKeysOverHttp() throws Exception {
    try (var gateway = serve(admins())) {
      var old =
          Json.parse(api(gateway, "POST", "", ADMIN, "{\"name\":\"x\"}").body()).orElseThrow();
      var path = "/" + old.path("id").asText() + "/rotate";
      var made = api(gateway, "POST", path, ADMIN, "{\"overlap\": \"1h\"}");

      assertThat(made.statusCode()).isEqualTo(201);
      var next = Json.parse(made.body()).orElseThrow();
      assertThat(next.path("name").asText()).isEqualTo("x");
      assertThat(post(gateway, old.path("key").asText()).statusCode()).isEqualTo(200);
      assertThat(post(gateway, next.path("key").asText()).statusCode()).isEqualTo(200);
      assertThat(api(gateway, "POST", path, ADMIN, "").statusCode()).isEqualTo(409);
      clock.pass(Duration.ofHours(1));
      assertThat(post(gateway, old.path("key").asText()).statusCode()).isEqualTo(401);
      assertThat(post(gateway, next.path("key").asText()).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aChangeThatCannotBeWrittenIsAnsweredAndSaidInTheLog() throws Exception {
    try (var gateway = serve(admins());
        var log = new GatewayLog()) {
      replaced("{");
      var answer = api(gateway, "POST", "", ADMIN, "{\"name\": \"team-a\"}");

      assertThat(answer.statusCode()).isEqualTo(500);
      assertThat(answer.body()).contains("the key store cannot be changed now");
      assertThat(log.lines("key store: POST /api/keys: ")).isEqualTo(1);
      soon().until(() -> audit.toString(UTF_8).contains("\"status_code\":500"));
      assertThat(audit.toString(UTF_8)).doesNotContain("client_left");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "POST||{\"nom\": 1}| 400| name: missing",
        "POST||{\"name\": \"a\", \"extra\": 1}| 400| extra: unknown",
        "POST||{\"name\": \"a\", \"expires\": \"soon\"}| 400| expires: soon",
        "POST||{\"name\": \"a\\n\"}| 400| name: 'a?'",
        "POST||{\"name\": \"-\"}| 400| name: '-'",
        "POST||{\"name\": \"administrator ops\"}| 400| name: 'administrator ops'",
        "POST||{\"name\": \"a\", \"label\": \"x\u202Ey\"}| 400| label: 'x?y'",
        "POST||nonsense| 400| body: no JSON object",
        "PUT||{}| 405| Method Not Allowed",
        "GET|/key-1|''| 405| Method Not Allowed",
        "POST|/key-1/rotate|{}| 404| id: key-1",
        "DELETE|/../key-1|''| 404| Not found",
      })
  void saysWhatIsWrongWithACall(String method, String path, String body, int status, String said)
      throws Exception {
    try (var gateway = serve(admins())) {
      var answer = api(gateway, method, path == null ? "" : path.replace("..", "a/b"), ADMIN, body);

      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
      assertThat(answer.body()).contains(said);
      assertThat(folder.resolve("keys.json")).doesNotExist();
    }
  }

  @Test
  void nobodyElseChangesKeysAndGuessingBarsAnAddress() throws Exception {
    try (var gateway = serve(admins(), "")) {
      assertThat(api(gateway, "POST", "", Rig.TOKEN, "{\"name\":\"a\"}").statusCode())
          .isEqualTo(401);
      for (var i = 0; i < 9; i++) {
        assertThat(api(gateway, "GET", "", "guess-" + i, "").statusCode()).isEqualTo(401);
      }
      assertThat(api(gateway, "GET", "", ADMIN, "").statusCode()).isEqualTo(429);
      clock.pass(Duration.ofSeconds(61));
      assertThat(post(gateway, ADMIN).statusCode()).isEqualTo(401);
      assertThat(api(gateway, "GET", "", ADMIN, "").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void withoutAdministratorsThereIsNoSuchPath() throws Exception {
    try (var gateway = serve("")) {
      assertThat(api(gateway, "GET", "", ADMIN, "").statusCode()).isEqualTo(401);
      assertThat(api(gateway, "GET", "", Rig.TOKEN, "").statusCode()).isEqualTo(404);
    }
  }

  private static String admins() {
    return ", administrators: [{name: ops, hash: %s}]"
        .formatted(new Hashes(Optional.empty()).hash(ADMIN));
  }

  private GatewayServer serve(String store) throws Exception {
    // Time stands still here, and a key that is waited for is a wrong one until it comes.
    return serve(store, "limits: {badKeysPerMinute: 10000}\n");
  }

  private GatewayServer serve(String store, String limits) throws Exception {
    var yaml =
        "listen: {publicUrl: 'https://gateway.example.com'}\n"
            + Rig.yaml(model.url(), "requestsPerMinute: 90000")
            + "keyStore: {file: %s%s}\n".formatted(folder.resolve("keys.json"), store)
            // Time jumps by months while requests come in, and none of them is slow.
            + "timeouts: {idle: 3650d}\n"
            + limits;
    Files.writeString(file, yaml);
    GatewayConfig config = Rig.config(yaml);
    return Rig.start(config, clock, audit);
  }

  private Rig.Ran keys(String command, String... args) {
    var line =
        java.util.stream.Stream.concat(
                java.util.stream.Stream.of("gateway", "keys", command, "--config", file.toString()),
                java.util.Arrays.stream(args))
            .toArray(String[]::new);
    return Rig.run(Map.of(), clock, _ -> {}, line);
  }

  /** Another file in the store's place, whole at once. */
  private void replaced(String text) throws Exception {
    var next = Files.writeString(folder.resolve("keys.json.next"), text);
    Files.move(next, folder.resolve("keys.json"), StandardCopyOption.ATOMIC_MOVE);
  }

  private String scrape(GatewayServer gateway) throws Exception {
    return http.send(
            HttpRequest.newBuilder(URI.create(gateway.url() + "/metrics")).build(),
            BodyHandlers.ofString())
        .body();
  }

  private static ConditionFactory soon() {
    return Awaitility.await()
        .ignoreExceptionsInstanceOf(IOException.class)
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(50));
  }

  private static int remaining(HttpResponse<String> answer) {
    return Integer.parseInt(answer.headers().firstValue("x-ratelimit-remaining").orElseThrow());
  }

  private HttpResponse<String> post(GatewayServer gateway, String key) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/messages"))
            .header("authorization", "Bearer " + key)
            .header("content-type", "application/json")
            .POST(
                BodyPublishers.ofString(
                    "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"))
            .build(),
        BodyHandlers.ofString());
  }

  private HttpResponse<String> api(
      GatewayServer gateway, String method, String path, String key, String body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(gateway.url() + "/api/keys" + path))
            .header("authorization", "Bearer " + key)
            .method(method, BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }
}
