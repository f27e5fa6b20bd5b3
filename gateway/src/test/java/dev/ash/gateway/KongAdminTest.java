package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.gateway.server.GatewayServer;
import dev.ash.gateway.server.Hashes;
import dev.ash.protocol.json.Json;
import dev.ash.scriptedmodel.ScriptedModel;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Kong's admin API at our gateway, by the curl commands that go round for Kong. */
@Timeout(90)
final class KongAdminTest {
  private static final String ADMIN = "canary-administrator-key";

  /** As {@code openssl rand -hex 32} makes one. */
  private static final String CHOSEN =
      "5f1c0b7a9e3d48c6b2a1f0e9d8c7b6a55f1c0b7a9e3d48c6b2a1f0e9d8c7b6a5";

  @TempDir Path folder;
  @RegisterExtension private final BothEnds ends = new BothEnds();
  private final HttpClient http = ends.http();
  private final ScriptedModel model = ends.model();
  private final ByteArrayOutputStream audit = new ByteArrayOutputStream();

  /** Status and body. */
  private record Said(int status, String body) {
    JsonNode json() {
      return Json.parse(body).orElseThrow();
    }
  }

  @BeforeEach
  void needsCurl() {
    assumeTrue(Checkout.has("curl"), "curl is not installed");
  }

  @Test
  void theCommandsForKongMakeAConsumerWithAKeyThatOpens() throws Exception {
    try (var gateway = serve("open: true")) {
      var made =
          run(
              gateway,
              "curl -X POST http://localhost:8001/consumers -d \"username=claude-code-user\"");
      assertThat(made.status()).as(made.body()).isEqualTo(201);
      var consumer = made.json();
      assertThat(consumer.path("username").asText()).isEqualTo("claude-code-user");
      assertThat(UUID.fromString(consumer.path("id").asText())).isNotNull();
      assertThat(consumer.path("created_at").isIntegralNumber()).isTrue();
      assertThat(consumer.path("tags").isNull()).isTrue();

      var key =
          run(gateway, "curl -X POST http://localhost:8001/consumers/claude-code-user/key-auth");
      assertThat(key.status()).as(key.body()).isEqualTo(201);
      assertThat(key.json().path("consumer").path("id")).isEqualTo(consumer.path("id"));
      var text = key.json().path("key").asText();
      assertThat(text).matches("ash_[A-Za-z0-9_-]{32}");
      assertThat(key.json().path("ttl").asInt()).isBetween(89 * 86_400, 90 * 86_400);
      assertThat(call(gateway, text)).isEqualTo(200);

      var chosen =
          run(
              gateway,
              "curl -i -s -X POST --url http://localhost:8001/consumers/claude-code-user/key-auth/"
                  + " --data 'key=%s'".formatted(CHOSEN));
      assertThat(chosen.body()).startsWith("HTTP/1.1 201").contains(CHOSEN);
      assertThat(call(gateway, CHOSEN)).isEqualTo(200);
      assertThat(Files.readString(folder.resolve("keys.json")))
          .contains(new Hashes(Optional.empty()).hash(CHOSEN))
          .doesNotContain(CHOSEN, text);
      Awaitility.await().until(() -> audit.toString(UTF_8).contains("\"claude-code-user\""));
      assertThat(audit.toString(UTF_8))
          .contains("\"key_id\":\"" + key.json().path("id").asText() + "\"")
          .doesNotContain(CHOSEN, text);
    }
  }

  @Test
  void consumersAreListedAndDeletedAlsoAfterARestart() throws Exception {
    String id;
    try (var gateway = serve("open: true")) {
      id =
          run(gateway, "curl http://localhost:8001/consumers -d username=bob")
              .json()
              .path("id")
              .asText();
      var again = run(gateway, "curl -X POST http://localhost:8001/consumers/ --data username=bob");
      assertThat(again.status()).isEqualTo(409);
      assertThat(again.json().path("message").asText())
          .isEqualTo("UNIQUE violation detected on '{username=\"bob\"}'");
      assertThat(again.json().path("code").asInt()).isEqualTo(5);
    }
    try (var gateway = serve("open: true")) {
      var all = run(gateway, "curl http://localhost:8001/consumers").json();
      assertThat(all.path("data")).hasSize(1);
      assertThat(all.path("next").isNull()).isTrue();
      assertThat(
              run(gateway, "curl http://localhost:8001/consumers/bob").json().path("id").asText())
          .isEqualTo(id);
      assertThat(run(gateway, "curl http://localhost:8001/consumers/" + id).status())
          .isEqualTo(200);
      var key =
          run(
                  gateway,
                  "curl http://localhost:8001/consumers/bob/key-auth -H 'Content-Type: application/json' -d '{\"ttl\": 3600}'")
              .json();
      assertThat(key.path("ttl").asInt()).isBetween(3_500, 3_600);
      assertThat(call(gateway, key.path("key").asText())).isEqualTo(200);
      var keys = run(gateway, "curl http://localhost:8001/consumers/bob/key-auth").json();
      assertThat(keys.path("data")).hasSize(1);
      assertThat(keys.path("data").path(0).path("key").isNull()).isTrue();

      assertThat(run(gateway, "curl -X DELETE http://localhost:8001/consumers/bob").status())
          .isEqualTo(204);
      assertThat(call(gateway, key.path("key").asText())).isEqualTo(401);
      assertThat(run(gateway, "curl http://localhost:8001/consumers/bob").body())
          .isEqualTo("{\"message\":\"Not found\"}\n");
      assertThat(run(gateway, "curl http://localhost:8001/consumers").json().path("data"))
          .isEmpty();
      assertThat(run(gateway, "curl -X DELETE http://localhost:8001/consumers/bob").status())
          .isEqualTo(204);
    }
  }

  @Test
  void aKeyIsDeletedAlone() throws Exception {
    try (var gateway = serve("open: true")) {
      var _ = run(gateway, "curl http://localhost:8001/consumers -d username=bob");
      var _ = run(gateway, "curl http://localhost:8001/consumers -d username=eve");
      var one = run(gateway, "curl -X POST http://localhost:8001/consumers/bob/key-auth").json();
      var other = run(gateway, "curl -X POST http://localhost:8001/consumers/bob/key-auth").json();
      var path = "/key-auth/" + one.path("id").asText();

      assertThat(run(gateway, "curl -X DELETE http://localhost:8001/consumers/eve" + path).status())
          .isEqualTo(404);
      assertThat(run(gateway, "curl http://localhost:8001/consumers/bob" + path).status())
          .isEqualTo(200);
      assertThat(run(gateway, "curl -X DELETE http://localhost:8001/consumers/bob" + path).status())
          .isEqualTo(204);
      assertThat(call(gateway, one.path("key").asText())).isEqualTo(401);
      assertThat(call(gateway, other.path("key").asText())).isEqualTo(200);
      assertThat(run(gateway, "curl -X DELETE http://localhost:8001/consumers/bob" + path).status())
          .isEqualTo(404);
    }
  }

  @Test
  void unlessItIsOpenItWantsAnAdministratorsKeyInEitherHeader() throws Exception {
    try (var gateway = serve("open: false")) {
      var refused = run(gateway, "curl http://localhost:8001/consumers");
      assertThat(refused.status()).isEqualTo(401);
      assertThat(refused.body()).isEqualTo("{\"message\":\"Missing Authorization header\"}");
      for (var header : List.of("Kong-Admin-Token: ", "Authorization: Bearer ")) {
        var command = "curl http://localhost:8001/consumers -H '" + header;
        assertThat(run(gateway, command + ADMIN + "'").status()).isEqualTo(200);
        assertThat(run(gateway, command + Rig.TOKEN + "'").status()).isEqualTo(401);
      }
      var made =
          run(
              gateway,
              "curl http://localhost:8001/consumers -d username=bob -H 'Kong-Admin-Token: "
                  + ADMIN
                  + "'");
      assertThat(made.status()).isEqualTo(201);
      Awaitility.await()
          .until(() -> audit.toString(UTF_8).contains("\"user_id\":\"administrator ops\""));
    }
  }

  @Test
  void neitherListenerServesWhatIsTheOthers() throws Exception {
    try (var gateway = serve("open: true")) {
      for (var path : List.of("/v1/models", "/usage", "/admin", "/api/keys", "/metrics", "/")) {
        assertThat(run(gateway, "curl http://localhost:8001" + path).status())
            .as(path)
            .isEqualTo(404);
      }
      assertThat(run(gateway, "curl " + gateway.url() + "/consumers").status()).isEqualTo(401);
      assertThat(
              run(
                      gateway,
                      "curl -H 'Authorization: Bearer "
                          + Rig.TOKEN
                          + "' "
                          + gateway.url()
                          + "/consumers")
                  .status())
          .isEqualTo(404);
    }
  }

  @Test
  void aWebPageCannotUseTheOpenListener() throws Exception {
    try (var gateway = serve("open: true")) {
      for (var header :
          List.of(
              "Origin: https://evil.example",
              "Origin: null",
              "Sec-Fetch-Site: cross-site",
              "Host: evil.example")) {
        var answer =
            run(
                gateway,
                "curl http://localhost:8001/consumers -d username=bob -H '" + header + "'");
        assertThat(answer.status()).as(header).isEqualTo(401);
        assertThat(answer.body()).contains("not for web pages");
      }
      for (var header :
          List.of("X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.1", "Via: 1.1 p")) {
        var answer =
            run(
                gateway,
                "curl http://localhost:8001/consumers -d username=bob -H '" + header + "'");
        assertThat(answer.status()).as(header).isEqualTo(401);
        assertThat(answer.body()).contains("not through a proxy");
      }
      assertThat(run(gateway, "curl http://localhost:8001/consumers").json().path("data"))
          .isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "consumers -d user=bob| 400| schema violation (user: unknown field (expected: username))",
        "consumers -d ''| 400| schema violation (username: required field missing)",
        "consumers -d username=| 400| username: required field missing",
        "consumers -d username=a -d username=b| 400| username: there twice",
        "consumers --data-urlencode 'username=<img src=x>'| 400| username: '<img src=x>' (expected: a name",
        "consumers -d 'username=administrator ops'| 400| a name that no administrator has",
        "consumers -d username=%ff| 400| Body: no form",
        "consumers -H 'Content-Type: application/json' -d '{\"username\": 1}'| 400| username: expected a string",
        "consumers -H 'Content-Type: application/json' -d '{'| 400| Cannot parse JSON body",
        "consumers -H 'Content-Type: text/plain' -d 'x'| 415| expected: application/json",
        "consumers/bob/key-auth -d key=apikey123| 400| schema violation (key: *** (expected: 32 to 512",
        "consumers/bob/key-auth -d key=00000000000000000000000000000000000000000000| 400| at least 10 different",
        "consumers/bob/key-auth -d ttl=0| 400| ttl: expected seconds from 1 to",
        "consumers/bob/key-auth -d ttl=99999999999999999999| 400| ttl: expected seconds",
        "consumers/nobody/key-auth -d ''| 404| Not found",
        "consumers/%ff| 400| Bad UTF-8",
        "consumers/%zz| 400| ''",
        "consumers/bob/acls| 404| Not found",
        "services| 404| Not found",
        "consumers/bob -X PATCH| 405| Method not allowed",
      })
  void saysWhatIsWrong(String call, int status, String said) throws Exception {
    try (var gateway = serve("open: true")) {
      var _ = run(gateway, "curl http://localhost:8001/consumers -d username=bob");
      var answer = run(gateway, "curl --path-as-is http://localhost:8001/" + call);

      assertThat(answer.status()).as(answer.body()).isEqualTo(status);
      assertThat(answer.body().replace("\\\"", "\"")).contains(said);
      assertThat(run(gateway, "curl http://localhost:8001/consumers").json().path("data"))
          .hasSize(1);
    }
  }

  @Test
  void aKeyThatIsSomebodysIsNotTaken() throws Exception {
    var admin = "0123456789abcdef-an-administrators-own-key";
    try (var gateway = serve("open: true", admin)) {
      var _ = run(gateway, "curl http://localhost:8001/consumers -d username=bob");
      var add = "curl http://localhost:8001/consumers/bob/key-auth -d key=";
      assertThat(run(gateway, add + admin).status()).isEqualTo(409);
      var made = run(gateway, add + CHOSEN);
      assertThat(made.status()).isEqualTo(201);
      assertThat(run(gateway, add + CHOSEN).status()).isEqualTo(409);
      var _ =
          run(
              gateway,
              "curl -X DELETE http://localhost:8001/consumers/bob/key-auth/"
                  + made.json().path("id").asText());
      // One that was revoked would be let in again.
      var again = run(gateway, add + CHOSEN);
      assertThat(again.status()).isEqualTo(409);
      assertThat(again.body()).contains("UNIQUE violation").doesNotContain(CHOSEN);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "admin: {listen: 8001}| admin.listen: 8001 (expected: HOST:PORT such as 127.0.0.1:8001)",
        "admin: {listen: '127.0.0.1:99999'}| admin.listen: 127.0.0.1:99999",
        "admin: {listen: '0.0.0.0:8001'}| admin.listen: 0.0.0.0 (expected: an address of this machine",
        "admin: {listen: '0.0.0.0:8001', open: true}| admin.open: true (expected: a listener that only",
        "admin: {open: true}| admin.open: true (expected: admin.listen",
        "admin: {page: true}| admin.page: unknown",
      })
  void refusesAnUnsafeConfiguration(String admin, String said) throws Exception {
    assertThat(Rig.explained(folder, yaml("", ADMIN).replaceAll("admin: .*\n", "") + admin + "\n"))
        .contains(said);
  }

  @Test
  void wantsAStoreAndSomebodyWhoMay() throws Exception {
    var listens = "admin: {listen: '127.0.0.1:0'}\n";
    assertThat(Rig.explained(folder, Rig.yaml(model.url(), "") + listens))
        .contains("admin.listen: without keyStore");
    assertThat(Rig.explained(folder, Rig.yaml(model.url(), "") + "keyStore: {file: k}\n" + listens))
        .contains("admin.listen: without keyStore.administrators");
  }

  @Test
  void aReloadDoesNotOpenAListenerThatAskedForKeys() throws Exception {
    try (var gateway = serve("open: false")) {
      gateway.reload(Rig.config(yaml("open: true", ADMIN)));

      assertThat(run(gateway, "curl http://localhost:8001/consumers").status()).isEqualTo(401);
      gateway.reload(Rig.config(Rig.yaml(model.url(), "")));
      var token = "curl http://localhost:8001/consumers -H 'Kong-Admin-Token: " + ADMIN + "'";
      assertThat(run(gateway, token).status()).isEqualTo(401);
      assertThat(
              run(gateway, token.replace("Kong-Admin-Token: " + ADMIN, "x-api-key: " + Rig.TOKEN))
                  .status())
          .isEqualTo(401);
    }
  }

  private String yaml(String more, String admin) {
    var hashes = new Hashes(Optional.empty());
    return Rig.yaml(model.url(), "")
        + "keyStore: {file: %s, administrators: [{name: ops, hash: %s}]}\n"
            .formatted(folder.resolve("keys.json"), hashes.hash(admin))
        + "admin: {listen: '127.0.0.1:0', %s}\n".formatted(more)
        + "limits: {badKeysPerMinute: 10000}\n";
  }

  private GatewayServer serve(String more) throws Exception {
    return serve(more, ADMIN);
  }

  private GatewayServer serve(String more, String admin) throws Exception {
    return Rig.start(Rig.config(yaml(more, admin)), InstantSource.system(), audit);
  }

  /** The command as written for Kong, at the port that was free. */
  private Said run(GatewayServer gateway, String command) throws Exception {
    var url = URI.create(gateway.adminUrl().orElseThrow());
    var process =
        new ProcessBuilder(
                "sh",
                "-euc",
                command.replace("localhost:8001", "localhost:" + url.getPort())
                    + " -sS --noproxy '*' -w '\\n%{http_code}'")
            .redirectErrorStream(true)
            .start();
    var output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    var end = output.lastIndexOf('\n');
    return new Said(Integer.parseInt(output.substring(end + 1)), output.substring(0, end));
  }

  private int call(GatewayServer gateway, String key) throws Exception {
    var request =
        Calls.bare(gateway.url() + "/v1/messages", "hello")
            .header("authorization", "Bearer " + key)
            .build();
    return http.send(request, BodyHandlers.ofString()).statusCode();
  }
}
