package dev.ash.node.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.ash.config.AwsConfig;
import dev.ash.config.Secret;
import dev.ash.config.SecretConfig;
import dev.ash.config.VaultConfig;
import dev.ash.node.model.FakeVault.Reply;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a login makes of answers that Vault gives rarely or never. */
@Timeout(60)
final class VaultAnswersTest {
  private static final String LOGIN = "/v1/auth/kubernetes/login";
  private static final String RENEWAL = "/v1/auth/token/renew-self";
  private static final String JWT = "eyJhbGciOi-canary-of-a-service-account";

  private static final String PASSWORD = "canary-of-a-store";

  @TempDir private Path folder = Path.of("");
  private final AtomicLong now = new AtomicLong(7);
  private final Deque<Due> timers = new ConcurrentLinkedDeque<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client = HttpClient.newHttpClient();
  private FakeVault vault;

  private record Due(Duration time, Runnable action) {}

  @BeforeEach
  void start() throws IOException {
    vault = new FakeVault(now::get, threads);
    vault.serviceAccounts.add(JWT);
  }

  @AfterEach
  void stop() {
    vault.close();
    client.close();
    threads.close();
  }

  @Test
  void whatVaultQuotesOfACredentialIsNotTold() {
    // Of the second, all but nine characters are behind the end of what is told.
    for (var words : new String[] {"cannot take ", "x".repeat(111), "x".repeat(500)}) {
      vault.instead.put(
          LOGIN, body -> Reply.error(400, words + body.path("jwt").asText() + " now"));
      refusedWithoutWords();
    }
    for (var part : new String[] {JWT.substring(0, 8), JWT.substring(JWT.length() - 8)}) {
      vault.instead.put(LOGIN, _ -> Reply.error(400, "cannot take " + part + "..."));
      refusedWithoutWords();
    }
    vault.instead.put(LOGIN, _ -> Reply.error(400, "cannot take " + JWT.substring(0, 7) + "..."));
    assertThatThrownBy(() -> token(login()))
        .rootCause()
        .hasMessageStartingWith("Vault refused the login at auth/kubernetes (400 cannot take eyJ");
  }

  private void refusedWithoutWords() {
    assertThatThrownBy(() -> token(login()))
        .rootCause()
        .hasMessageStartingWith("Vault refused the login at auth/kubernetes (400): check VAULT_")
        .hasMessageNotContaining("eyJ")
        .hasMessageNotContaining("canary");
  }

  @Test
  void anAnswerHasABound() {
    vault.instead.put(LOGIN, _ -> new Reply(200, lease(60, "x".repeat(1 << 20))));

    assertThatThrownBy(() -> token(login()))
        .rootCause()
        .hasMessageContaining(" did not answer (IOException): check VAULT_ADDR");
  }

  @Test
  void anAddressWhereNobodyIsIsNamedWithItsSetting() {
    var address = vault.address().toString();
    vault.close();

    assertThatThrownBy(() -> token(login()))
        .rootCause()
        .hasMessage("Vault at " + address + " did not answer (ConnectException): check VAULT_ADDR");
  }

  @Test
  void aVaultThatIsNotTrustedIsNamedWithTheFileOfAuthorities() throws Exception {
    var server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(threads);
    server.setHttpsConfigurator(new HttpsConfigurator(unknownToAll()));
    server.start();
    try {
      var place = "127.0.0.1:" + server.getAddress().getPort();

      assertThatThrownBy(() -> token(login(URI.create("https://canary-of-a-user@" + place))))
          .cause()
          .hasMessage(
              "Vault at https://%s did not answer (SSLHandshakeException): check".formatted(place)
                  + " ASH_MODEL_CA_FILE, and whether VAULT_ADDR is right");
    } finally {
      server.stop(0);
    }
  }

  private SSLContext unknownToAll() throws Exception {
    var file = folder.resolve("keys");
    var keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-dname",
                "CN=vault",
                "-ext",
                "san=ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("keytool.log").toFile())
            .start();
    assertThat(keytool.waitFor()).isZero();
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray()), PASSWORD.toCharArray());
    var context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  @Test
  void aLeaseOfAgesIsOneOfTenYears() {
    for (var seconds : new String[] {"9300000000", "9223372036854775807", "1" + "0".repeat(30)}) {
      vault.instead.put(LOGIN, _ -> new Reply(200, lease(seconds, "token-of-ages")));
      timers.clear();

      assertThat(token(login())).isEqualTo("token-of-ages");
      assertThat(timers.getFirst().time())
          .isEqualTo(Duration.ofDays(3650).dividedBy(3).multipliedBy(2));
    }
  }

  @Test
  void aRenewalForNoTimeIsNoneForEver() {
    vault.instead.put(RENEWAL, _ -> new Reply(200, lease(0, "hvs.canary-token-1")));
    var login = login();
    assertThat(token(login)).isEqualTo("hvs.canary-token-1");

    now.addAndGet(Duration.ofSeconds(41).toNanos());

    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> token(login).equals("hvs.canary-token-2"));
    assertThat(vault.renewals()).isEqualTo(1);
  }

  @Test
  void aTokenForEverIsNeverRenewed() {
    vault.instead.put(LOGIN, _ -> new Reply(200, lease(0, "token-for-ever")));
    var login = login();
    assertThat(token(login)).isEqualTo("token-for-ever");

    now.addAndGet(Duration.ofDays(1000).toNanos());

    assertThat(token(login)).isEqualTo("token-for-ever");
    assertThat(timers).isEmpty();
    assertThat(vault.asked).containsExactly("POST " + LOGIN);
  }

  @Test
  void aTimerThatRingsTooEarlyIsSetAgain() {
    var login = login();
    assertThat(token(login)).isEqualTo("hvs.canary-token-1");
    now.addAndGet(Duration.ofSeconds(30).toNanos());

    timers.removeFirst().action().run();

    assertThat(timers).extracting(Due::time).containsExactly(Duration.ofSeconds(10));
    assertThat(vault.renewals()).isZero();
  }

  @Test
  void theNodesSettingsGiveASecretByALogin() {
    var login =
        new VaultConfig.Login.AppRole(
            "approle", fixed(FakeVault.ROLE_ID), fixed("secret-id-canary"));
    vault.secretIds.add("secret-id-canary");
    var place = new SecretConfig.InVault("secret", "ash/anthropic", "key");
    try (var stores =
        new SecretStores(
            Optional.of(new VaultConfig(vault.address(), Optional.empty(), login)),
            AwsConfig.NONE,
            threads)) {
      assertThat(token(stores.source(place, client))).isEqualTo(vault.value);
      assertThat(token(stores.source(place, client))).isEqualTo(vault.value);
    }
    assertThat(vault.logins()).isEqualTo(1);
  }

  private static SecretConfig fixed(String secret) {
    return new SecretConfig.Value(new Secret(secret));
  }

  private VaultLogin login() {
    return login(vault.address());
  }

  private VaultLogin login(URI address) {
    var config =
        new VaultConfig(
            address,
            Optional.empty(),
            new VaultConfig.Login.Kubernetes("kubernetes", "ash", Path.of("unread")));
    return new VaultLogin(
        new VaultAuth(
            new VaultApi(config, client),
            new VaultAuth.Kubernetes("kubernetes", "ash", new SecretSource.Fixed(JWT)),
            now::get),
        now::get,
        (time, action) -> {
          var due = new Due(time, action);
          timers.add(due);
          return () -> timers.remove(due);
        });
  }

  private static String token(SecretSource source) {
    return source.get().toCompletableFuture().copy().orTimeout(30, TimeUnit.SECONDS).join();
  }

  private static String lease(long seconds, String token) {
    return lease(Long.toString(seconds), token);
  }

  /** As text: a number may have more digits than a long. */
  private static String lease(String seconds, String token) {
    var auth = Json.object().put("client_token", token).put("renewable", true);
    return "{\"auth\":"
        + auth.toString().replaceFirst("}$", ",\"lease_duration\":" + seconds + "}}");
  }
}
