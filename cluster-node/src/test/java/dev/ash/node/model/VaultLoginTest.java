package dev.ash.node.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.config.AwsConfig;
import dev.ash.config.NodeConfig;
import dev.ash.config.SecretConfig;
import dev.ash.config.VaultConfig;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Logins at a server that checks them, on a clock that the test moves. */
@Timeout(60)
final class VaultLoginTest {
  private static final String SECRET_ID = "secret-id-canary-";

  @TempDir private Path folder = Path.of("");
  private final AtomicLong now = new AtomicLong(7);
  private final List<Due> timers = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client = HttpClient.newHttpClient();
  private FakeVault vault;
  private Path secretId;

  private record Due(long at, Runnable action) {}

  @BeforeEach
  void start() throws IOException {
    vault = new FakeVault(now::get, threads);
    secretId = Files.writeString(folder.resolve("secret-id"), SECRET_ID + 1);
    vault.secretIds.add(SECRET_ID + 1);
  }

  @AfterEach
  void stop() {
    vault.close();
    client.close();
    threads.close();
  }

  @Test
  void oneLoginIsEnoughForAllThatWait() throws Exception {
    var secret = secret(appRole(Map.of()));
    var calls = new ArrayList<Callable<String>>();
    for (var i = 0; i < 40; i++) {
      calls.add(() -> read(secret));
    }
    for (var outcome : threads.invokeAll(calls)) {
      assertThat(outcome.get()).isEqualTo(vault.value);
    }
    assertThat(vault.asked).containsExactly("POST /v1/auth/approle/login");
    assertThat(vault.reads).hasValue(40);
  }

  @Test
  void aTokenIsRenewedBeforeItEndsAlsoWhileNobodyAsks() {
    // A secret_id may be good for one login only.
    var secret = secret(appRole(Map.of()));
    assertThat(read(secret)).isEqualTo(vault.value);
    vault.secretIds.clear();

    for (var i = 1; i <= 20; i++) {
      pass(Duration.ofSeconds(41));
      var renewals = i;
      await().until(() -> vault.renewals() == renewals && timers.size() == 1);
    }

    assertThat(read(secret)).isEqualTo(vault.value);
    assertThat(vault.logins()).isEqualTo(1);
  }

  @Test
  void noReadFailsWhileLeasesRunOut() throws Exception {
    vault.longestLife = Duration.ofSeconds(150);
    var secret = secret(appRole(Map.of()));
    assertThat(read(secret)).isEqualTo(vault.value);
    var done = new AtomicBoolean();
    var reads = new AtomicInteger();
    var load = new ArrayList<Future<?>>();
    for (var i = 0; i < 4; i++) {
      load.add(
          threads.submit(
              () -> {
                while (!done.get()) {
                  assertThat(read(secret)).isEqualTo(vault.value);
                  reads.incrementAndGet();
                }
              }));
    }
    try {
      for (var i = 0; i < 60; i++) {
        now.addAndGet(Duration.ofSeconds(5).toNanos());
        var before = reads.get();
        await()
            .pollDelay(Duration.ZERO)
            .pollInterval(Duration.ofMillis(5))
            .until(
                () ->
                    load.stream().anyMatch(Future::isDone)
                        || (reads.get() > before + 8
                            && vault.leftOfNewest().compareTo(Duration.ofSeconds(9)) > 0));
      }
    } finally {
      done.set(true);
    }
    for (var reader : load) {
      reader.get();
    }

    // 300 s: each token is renewed until its 150 s are near, then replaced.
    assertThat(vault.logins()).isBetween(3L, 4L);
    assertThat(vault.renewals()).isBetween(4L, 9L);
  }

  @Test
  void aTokenThatCannotBeRenewedIsReplacedBeforeItEnds() {
    vault.renewable = false;
    var secret = secret(appRole(Map.of()));
    assertThat(read(secret)).isEqualTo(vault.value);

    pass(Duration.ofSeconds(41));
    await().until(() -> vault.logins() == 2);

    assertThat(read(secret)).isEqualTo(vault.value);
    assertThat(vault.renewals()).isZero();
  }

  @Test
  void aSecretIdThatIsReplacedInItsFileIsUsedForTheNextLogin() throws IOException {
    var secret = secret(appRole(Map.of()));
    assertThat(read(secret)).isEqualTo(vault.value);

    Files.writeString(secretId, SECRET_ID + 2);
    vault.secretIds.clear();
    vault.secretIds.add(SECRET_ID + 2);
    vault.revokeTokens();

    assertThat(read(secret)).isEqualTo(vault.value);
    assertThat(vault.logins()).isEqualTo(2);
  }

  @Test
  void aSecretIdThatIsReplacedDuringALoginIsReadAnew() throws IOException {
    vault.secretIds.clear();
    vault.secretIds.add(SECRET_ID + 2);
    var way =
        new VaultAuth.AppRole(
            "approle",
            new SecretSource.Fixed(FakeVault.ROLE_ID),
            new Turning(new SecretSource.InFile(secretId, threads), secretId));

    assertThat(read(secret(appRole(Map.of()), way))).isEqualTo(vault.value);
    assertThat(vault.logins()).isEqualTo(2);
  }

  @Test
  void theLastSecretStandsWhileVaultIsAwayAndVaultIsLeftAlone() {
    var kept = new KeptSecret(secret(appRole(Map.of())), now::get);
    assertThat(got(kept)).isEqualTo(vault.value);
    var first = vault.value;
    vault.away = true;
    vault.value = "another-canary-of-vault";

    // The token ends after the first minute, and the secret would be read anew then.
    for (var i = 0; i < 20; i++) {
      pass(Duration.ofSeconds(11));
      for (var call = 0; call < 20; call++) {
        assertThat(got(kept)).isEqualTo(first);
      }
    }
    assertThat(vault.logins() + vault.renewals()).isLessThanOrEqualTo(21);
    assertThat(vault.reads.get()).isLessThanOrEqualTo(21);

    vault.away = false;
    await()
        .until(
            () -> {
              pass(Duration.ofSeconds(11));
              return got(kept).equals("another-canary-of-vault");
            });
  }

  @Test
  void aWrongRoleIsSaidWithWhatToSetAndAskedForAgainAfterAWhile() throws IOException {
    Files.writeString(secretId, "wrong-canary-of-a-secret-id");
    var secret = secret(appRole(Map.of()));

    for (var i = 0; i < 30; i++) {
      assertThatThrownBy(() -> read(secret))
          .rootCause()
          .hasMessage(
              "Vault refused the login at auth/approle (400 invalid role or secret ID): check"
                  + " VAULT_ROLE_ID and VAULT_SECRET_ID; VAULT_AUTH_MOUNT is the method's path, now"
                  + " approle");
    }
    assertThat(vault.logins()).isEqualTo(1);

    pass(Duration.ofSeconds(11));
    Files.writeString(secretId, SECRET_ID + 1);

    assertThat(read(secret)).isEqualTo(vault.value);
  }

  @Test
  void theServiceAccountOfAPodLogsInAndIsReadAnewForEachLogin() throws IOException {
    var file = Files.writeString(folder.resolve("jwt"), FakeVault.SERVICE_ACCOUNT + "-1\n");
    vault.serviceAccounts.add(FakeVault.SERVICE_ACCOUNT + "-1");
    vault.renewable = false;
    var secret = secret(kubernetes(file, "ash"));
    assertThat(read(secret)).isEqualTo(vault.value);

    Files.writeString(file, FakeVault.SERVICE_ACCOUNT + "-2\n");
    vault.serviceAccounts.clear();
    vault.serviceAccounts.add(FakeVault.SERVICE_ACCOUNT + "-2");
    pass(Duration.ofSeconds(41));
    await().until(() -> vault.logins() == 2);

    vault.revokeTokens();
    assertThat(read(secret)).isEqualTo(vault.value);
    assertThat(vault.asked).allMatch(line -> line.equals("POST /v1/auth/kubernetes/login"));
  }

  @Test
  void aRoleThatKubernetesHasNotIsNamed() throws IOException {
    var file = Files.writeString(folder.resolve("jwt"), FakeVault.SERVICE_ACCOUNT);
    assertThatThrownBy(() -> read(secret(kubernetes(file, "hash"))))
        .rootCause()
        .hasMessageStartingWith(
            "Vault refused the login at auth/kubernetes (400 invalid role name \"hash\"): check"
                + " VAULT_KUBERNETES_ROLE (hash), and that this role takes the service account");
    assertThatThrownBy(() -> read(secret(kubernetes(file, "ash"))))
        .rootCause()
        .hasMessageContaining("(403 permission denied)")
        .hasMessageNotContaining("canary");
    Files.delete(file);
    assertThatThrownBy(() -> read(secret(kubernetes(file, "ash"))))
        .rootCause()
        .hasMessageContaining("jwt cannot be read");
  }

  @Test
  void whatAPolicyDeniesIsNoReasonForALoginEachTime() {
    var secret = secret(appRole(Map.of()));
    vault.denied = true;

    for (var i = 0; i < 30; i++) {
      assertThatThrownBy(() -> read(secret))
          .rootCause()
          .hasMessage("vault://secret/ash/anthropic#key: Vault answered 403");
    }
    assertThat(vault.logins()).isEqualTo(2);
  }

  @Test
  void aNamespaceGoesWithEveryRequest() {
    vault.namespace = "team/ash";
    var secret = secret(appRole(Map.of("namespace", "team/ash")));
    assertThat(read(secret)).isEqualTo(vault.value);

    pass(Duration.ofSeconds(41));
    await().until(() -> vault.renewals() == 1);

    assertThat(vault.leftOfNewest()).isGreaterThan(Duration.ofSeconds(55));
    assertThatThrownBy(() -> read(secret(appRole(Map.of("auth-mount", "approle")))))
        .rootCause()
        .hasMessageContaining("refused the login at auth/approle (404 no handler");
  }

  /** A source whose file is replaced right after it was read for the first time. */
  private record Turning(SecretSource in, Path file) implements SecretSource {
    @Override
    public CompletionStage<String> get() {
      return in.get()
          .thenApply(
              value -> {
                try {
                  Files.writeString(file, SECRET_ID + 2);
                } catch (IOException e) {
                  throw new CompletionException(e);
                }
                return value;
              });
    }

    @Override
    public boolean refused(String value) {
      return in.refused(value);
    }
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofSeconds(30));
  }

  private void pass(Duration time) {
    var at = now.addAndGet(time.toNanos());
    for (var timer : List.copyOf(timers)) {
      if (timer.at() - at <= 0 && timers.remove(timer)) {
        timer.action().run();
      }
    }
  }

  private NodeConfig appRole(Map<String, String> more) {
    var all = new HashMap<>(more);
    all.putAll(Map.of("role-id", FakeVault.ROLE_ID, "secret-id-file", secretId.toString()));
    return config(all);
  }

  private NodeConfig kubernetes(Path token, String role) {
    return config(Map.of("kubernetes-role", role, "kubernetes-token-file", token.toString()));
  }

  private NodeConfig config(Map<String, String> login) {
    var settings = new HashMap<String, Object>();
    settings.put("ash.model.vault.address", vault.address().toString());
    login.forEach((key, value) -> settings.put("ash.model.vault." + key, value));
    return NodeConfig.from(NodeConfig.load(settings));
  }

  private VaultSecret secret(NodeConfig config) {
    return secret(config, way(config.model().vault().orElseThrow().login()));
  }

  private VaultSecret secret(NodeConfig config, VaultAuth.Way way) {
    var api = new VaultApi(config.model().vault().orElseThrow(), client);
    return new VaultSecret(
        api,
        place(),
        new VaultLogin(
            new VaultAuth(api, way, now::get),
            now::get,
            (wait, action) -> {
              var due = new Due(now.get() + wait.toNanos(), action);
              timers.add(due);
              return () -> timers.remove(due);
            }));
  }

  private VaultAuth.Way way(VaultConfig.Login login) {
    return switch (login) {
      case VaultConfig.Login.AppRole(var mount, var role, var id) ->
          new VaultAuth.AppRole(mount, source(role), source(id));
      case VaultConfig.Login.Kubernetes(var mount, var role, var token) ->
          new VaultAuth.Kubernetes(mount, role, new SecretSource.InFile(token, threads));
      case VaultConfig.Login.Token token -> throw new AssertionError(token);
    };
  }

  private SecretSource source(SecretConfig config) {
    return new SecretStores(Optional.empty(), AwsConfig.NONE, threads).source(config, client);
  }

  private static SecretConfig.InVault place() {
    return new SecretConfig.InVault("secret", "ash/anthropic", "key");
  }

  private static String read(VaultSecret secret) {
    return secret.read().toCompletableFuture().join();
  }

  private static String got(SecretSource secret) {
    return secret.get().toCompletableFuture().join();
  }
}
