package dev.ash.node.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.ash.config.AwsConfig;
import dev.ash.config.CredentialConfig;
import dev.ash.config.InvalidConfigException;
import dev.ash.config.NodeConfig;
import dev.ash.config.Secret;
import dev.ash.config.SecretConfig;
import dev.ash.config.VaultConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
final class CredentialsTest {
  private static final String SECRET = "client-secret-canary";

  @TempDir private Path folder = Path.of("");
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client = HttpClient.newHttpClient();
  private HttpServer server;
  private volatile int status = 200;
  private volatile String body = "{}";

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(threads);
    server.createContext(
        "/",
        exchange -> {
          var headers = exchange.getRequestHeaders();
          asked.add(
              "%s %s %s %s"
                  .formatted(
                      exchange.getRequestURI(),
                      headers.getFirst("Authorization"),
                      headers.getFirst("X-Vault-Token"),
                      new String(exchange.getRequestBody().readAllBytes(), UTF_8)));
          var bytes = body.replace("#", Integer.toString(asked.size())).getBytes(UTF_8);
          exchange.sendResponseHeaders(status, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    client.close();
    threads.close();
  }

  @Test
  void aFileIsReadAnewForEveryCall() throws IOException {
    var file = Files.writeString(folder.resolve("key"), "first\n");
    var credentials = credentials(new SecretConfig.InFile(file), Optional.empty());
    assertThat(headers(credentials)).containsExactly(Map.entry("x-api-key", "first"));

    Files.writeString(file, "second\n");

    assertThat(headers(credentials)).containsExactly(Map.entry("x-api-key", "second"));
    assertThat(credentials.refused(Map.of("x-api-key", "second"))).isTrue();
    assertThat(headers(credentials)).containsExactly(Map.entry("x-api-key", "second"));
    assertThat(credentials.refused(Map.of("x-api-key", "second"))).isFalse();
    Files.delete(file);
    assertThatThrownBy(() -> headers(credentials)).hasMessageContaining("key cannot be read");
  }

  @Test
  void aTokenIsGotOnceForAllThatWaitAndKept() throws Exception {
    body = "{\"access_token\":\"t#\",\"expires_in\":300}";
    var credentials = oauth();
    var calls = new ArrayList<Callable<Map<String, String>>>();
    for (var i = 0; i < 40; i++) {
      calls.add(() -> headers(credentials));
    }
    for (var outcome : threads.invokeAll(calls)) {
      assertThat(outcome.get()).containsExactly(Map.entry("authorization", "Bearer t1"));
    }
    assertThat(asked).hasSize(1);
    // The id and the secret, encoded as RFC 6749 wants it: my%3Aid:client-secret-canary
    assertThat(asked.getFirst())
        .isEqualTo(
            "/token Basic bXklM0FpZDpjbGllbnQtc2VjcmV0LWNhbmFyeQ== null"
                + " grant_type=client_credentials&scope=anthropic%3Aread+anthropic%3Awrite");
  }

  @Test
  void aTokenThatIsRefusedIsGotAnew() {
    body = "{\"access_token\":\"t#\",\"expires_in\":300}";
    var credentials = oauth();
    var first = headers(credentials);

    assertThat(credentials.refused(first)).isTrue();

    var second = headers(credentials);
    assertThat(second).containsExactly(Map.entry("authorization", "Bearer t2"));
    // Another call was refused with the first one, before it was replaced.
    assertThat(credentials.refused(first)).isTrue();
    assertThat(headers(credentials)).isEqualTo(second);
    assertThat(asked).hasSize(2);
  }

  @Test
  void aTokenThatIsRefusedRightAfterAnotherOneIsNotGotAnew() {
    body = "{\"access_token\":\"t#\",\"expires_in\":300}";
    var credentials = oauth();
    assertThat(credentials.refused(headers(credentials))).isTrue();
    var second = headers(credentials);

    for (var i = 0; i < 20; i++) {
      assertThat(credentials.refused(second)).isFalse();
      assertThat(headers(credentials)).isEqualTo(second);
    }

    assertThat(asked).hasSize(2);
  }

  @Test
  void aTokenThatIsAboutToExpireIsRenewedWhileItIsStillUsed() {
    body = "{\"access_token\":\"t#\",\"expires_in\":1}";
    var credentials = oauth();
    assertThat(headers(credentials)).containsEntry("authorization", "Bearer t1");

    org.awaitility.Awaitility.await().until(() -> headers(credentials).containsValue("Bearer t2"));

    assertThat(asked).hasSizeGreaterThanOrEqualTo(2);
  }

  @Test
  void aTokenEndpointInTroubleIsNotAskedByEveryCall() {
    body = "{\"access_token\":\"t#\",\"expires_in\":2}";
    var credentials = oauth();
    assertThat(headers(credentials)).containsEntry("authorization", "Bearer t1");
    status = 503;
    org.awaitility.Awaitility.await()
        .until(() -> headers(credentials).containsValue("Bearer t1") && asked.size() == 2);

    for (var i = 0; i < 50; i++) {
      assertThat(headers(credentials)).containsEntry("authorization", "Bearer t1");
    }

    assertThat(asked).hasSize(2);
  }

  @Test
  void aClientSecretThatWasReplacedMeanwhileIsReadAnew() throws IOException {
    var file = Files.writeString(folder.resolve("client-secret"), "old");
    server.createContext(
        "/rotating",
        exchange -> {
          var sent = exchange.getRequestHeaders().getFirst("Authorization");
          asked.add(sent);
          Files.writeString(file, "new");
          var fits = sent.equals("Basic bXklM0FpZDpuZXc="); // my%3Aid:new
          var bytes = "{\"access_token\":\"t\",\"expires_in\":300}".getBytes(UTF_8);
          exchange.sendResponseHeaders(fits ? 200 : 401, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });

    var credentials = oauth("/rotating", new SecretConfig.InFile(file));

    assertThat(headers(credentials)).containsExactly(Map.entry("authorization", "Bearer t"));
    assertThat(asked).hasSize(2);
  }

  @Test
  void aTokenEndpointThatRefusesIsNamedAndTheSecretIsNot() {
    status = 401;
    body = "{\"error\":\"invalid_client\",\"error_description\":\"" + SECRET + "\"}";
    var credentials = oauth();

    assertThatThrownBy(() -> headers(credentials))
        .isInstanceOf(CompletionException.class)
        .rootCause()
        .hasMessage("the token endpoint 127.0.0.1 answered 401 invalid_client");
  }

  @Test
  void aSecretIsReadFromVaultAndStandsWhileVaultIsAway() {
    body = "{\"data\":{\"data\":{\"key\":\"v#\"},\"metadata\":{\"version\":1}}}";
    var credentials =
        credentials(
            new SecretConfig.InVault("secret", "ash/anthropic", "key"), Optional.of(vault()));

    var first = headers(credentials);
    assertThat(first).containsExactly(Map.entry("x-api-key", "v1"));
    assertThat(headers(credentials)).isEqualTo(first);
    assertThat(asked).containsExactly("/v1/secret/data/ash/anthropic null vault-token ");

    status = 503;
    assertThat(credentials.refused(first)).isTrue();
    assertThat(headers(credentials)).isEqualTo(first);
    // Vault was asked in vain, so it is left alone for a while.
    status = 200;
    assertThat(credentials.refused(first)).isFalse();
    assertThat(headers(credentials)).isEqualTo(first);
    assertThat(asked).hasSize(2);
  }

  @Test
  void aSecretThatIsNamedTwiceStopsTheStart() {
    var both = Map.of("ash.model.api-key", "x", "ash.model.api-key-file", "/y");

    assertThatThrownBy(() -> NodeConfig.from(NodeConfig.load(both)))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining(
            "ANTHROPIC_API_KEY: set, and so is ANTHROPIC_API_KEY_FILE (expected: only one");
    assertThatThrownBy(
            () ->
                NodeConfig.from(
                    NodeConfig.load(Map.of("ash.model.token-url", "https://id.example.org/t"))))
        .hasMessageContaining("ASH_MODEL_CLIENT_ID");
  }

  @Test
  void headersAreReadWhereTheirValuesSay() throws IOException {
    body = "{\"data\":{\"data\":{\"tag\":\"of-vault\"}}}";
    var file = Files.writeString(folder.resolve("team"), "red\n");
    var headers =
        custom(
            "X-Team: file://%s, X-Tag: vault://kv/ash#tag, X-Plain: plain:vault://no#place, X-Id: 7"
                .formatted(file));

    assertThat(values(headers, true))
        .containsExactly(
            Map.entry("X-Team", "red"),
            Map.entry("X-Tag", "of-vault"),
            Map.entry("X-Plain", "vault://no#place"),
            Map.entry("X-Id", "7"));

    Files.writeString(file, "blue");
    body = "{\"data\":{\"data\":{\"tag\":\"newer\"}}}";
    assertThat(values(headers, true))
        .containsEntry("X-Team", "blue")
        .containsEntry("X-Tag", "of-vault");
    assertThat(headers.refused(Map.of("X-Tag", "of-vault"))).isTrue();
    assertThat(values(headers, true)).containsEntry("X-Tag", "newer");
    assertThat(headers.refused(Map.of("X-Id", "7"))).isFalse();
  }

  @Test
  void aHeaderThatIsACredentialIsNotReadForASessionWithItsOwn() throws IOException {
    var file = Files.writeString(folder.resolve("team"), "red");
    var headers = custom("Authorization: file:///nowhere/at/all, X-Team: file://" + file);

    assertThat(values(headers, false)).containsExactly(Map.entry("X-Team", "red"));
    assertThatThrownBy(() -> values(headers, true)).hasMessageContaining("/nowhere/at/all");
  }

  @Test
  void whatIsNoHeaderValueIsSaidWithoutIt() throws IOException {
    var file = Files.writeString(folder.resolve("team"), SECRET + "\r\nX-Admin: yes");
    var headers = custom("X-Team: file://" + file);

    assertThatThrownBy(() -> values(headers, true))
        .rootCause()
        .hasMessage("what was read for the header X-Team is no header value");
  }

  @Test
  void aPlaceThatIsNoneStopsTheStartWithoutBeingRepeated() {
    for (var place : List.of("vault://" + SECRET, "file://" + SECRET)) {
      assertThatThrownBy(() -> custom("X-Team: " + place))
          .isInstanceOf(InvalidConfigException.class)
          .hasMessageContaining("ANTHROPIC_CUSTOM_HEADERS, X-Team: ")
          .hasMessageNotContaining(SECRET);
    }
  }

  private CustomHeaders custom(String text) {
    var config = NodeConfig.from(NodeConfig.load(Map.of("ash.model.custom-headers", text)));
    return new CustomHeaders(
        config.model().upstreams().getLast().customHeaders(),
        new SecretStores(Optional.of(vault()), AwsConfig.NONE, threads),
        client);
  }

  private static Map<String, String> values(CustomHeaders headers, boolean credentials) {
    return headers.values(credentials).toCompletableFuture().join();
  }

  private VaultConfig vault() {
    return new VaultConfig(
        URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
        Optional.empty(),
        new VaultConfig.Login.Token(new SecretConfig.Value(new Secret("vault-token"))));
  }

  private Credentials oauth() {
    return oauth("/token", new SecretConfig.Value(new Secret(SECRET)));
  }

  private Credentials oauth(String path, SecretConfig clientSecret) {
    return new Credentials(
        new CredentialConfig(
            Optional.empty(),
            Optional.empty(),
            Optional.of(
                new CredentialConfig.OAuth(
                    URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path),
                    "my:id",
                    clientSecret,
                    "anthropic:read anthropic:write"))),
        new SecretStores(Optional.empty(), AwsConfig.NONE, threads),
        client);
  }

  private Credentials credentials(SecretConfig key, Optional<VaultConfig> vault) {
    return new Credentials(
        new CredentialConfig(Optional.of(key), Optional.empty(), Optional.empty()),
        new SecretStores(vault, AwsConfig.NONE, threads),
        client);
  }

  private static Map<String, String> headers(Credentials credentials) {
    return credentials.headers().toCompletableFuture().join();
  }
}
