package dev.ash.node.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.config.AuthConfig;
import dev.ash.config.DatabaseConfig;
import dev.ash.config.Secret;
import dev.ash.node.auth.Keys.Listed;
import dev.ash.persistence.Migrations;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.table.ApiKeyTable;
import dev.ash.persistence.table.ApiKeyTable.ApiKeyRow;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.TenantId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StoredKeysTest {
  private static final TenantId ACME = new TenantId("acme");
  private static final TenantId RIVAL = new TenantId("rival");
  private static final String FORM = "ash_[A-Za-z0-9_-]{32}";

  @TempDir private Path folder;
  private final SecureRandom random = new SecureRandom();
  private Instant now = Instant.parse("2026-01-02T03:04:05.678Z");
  private final InstantSource clock = () -> now;
  private PooledDatabase database;
  private ApiKeyTable table;

  @BeforeEach
  void openDatabase() {
    var config = new DatabaseConfig.Sqlite(folder.resolve("ash.db"));
    Migrations.run(config, clock);
    database = PooledDatabase.alone(config);
    table = new ApiKeyTable(database);
  }

  @AfterEach
  void closeDatabase() {
    database.close();
  }

  @Test
  void authenticatesAKeyItMade() throws Exception {
    var keys = keys(config("", ""));

    var created = get(keys.create(ACME, "ci"));

    assertThat(created.key()).matches(FORM);
    assertThat(created.tenant()).isEqualTo(ACME);
    assertThat(get(keys.authenticate(created.key()))).contains(new Caller(ACME, created.id()));
    assertThat(get(keys.authenticate(created.key() + "x"))).isEmpty();
    assertThat(get(keys.authenticate("ash_" + "A".repeat(32)))).isEmpty();
    assertThat(get(keys.authenticate(""))).isEmpty();
  }

  @Test
  void makesKeysThatAreNeverTheSame() {
    var made = new HashSet<String>();
    for (var i = 0; i < 10_000; i++) {
      var key = ApiKey.generate(random).text();
      assertThat(ApiKey.isForm(key)).isTrue();
      made.add(key);
    }
    assertThat(made).hasSize(10_000);
  }

  @Test
  void storesOnlyHashes() throws Exception {
    var created = get(keys(config("", "pepper")).create(ACME, "ci"));
    database.close();

    try (var files = Files.list(folder)) {
      for (var file : files.toList()) {
        assertThat(Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1))
            .doesNotContain(created.key().substring(4));
      }
    }
  }

  @Test
  void knowsKeysThatWereHashedUnderACredentialKeyThatIsBeingReplaced() throws Exception {
    var created = get(keys(config("", "old")).create(ACME, "ci"));
    var both =
        new AuthConfig(
            Optional.empty(), List.of(new Secret("new"), new Secret("old")), Optional.empty());

    assertThat(get(keys(both).authenticate(created.key())))
        .contains(new Caller(ACME, created.id()));
    assertThat(get(keys(config("", "new")).authenticate(created.key()))).isEmpty();
  }

  @Test
  void hashesWithTheCredentialKeyAndStillKnowsOlderHashes() throws Exception {
    var key = "ash_" + "k".repeat(32);
    assertThat(new KeyHash(List.of()).of(key)).isEqualTo(Digest.of(key.getBytes(UTF_8)).hex());
    assertThat(new KeyHash(List.of(new Secret("Jefe"))).of("what do ya want for nothing?"))
        .isEqualTo("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    var before = get(keys(config("", "")).create(ACME, "before"));
    var peppered = keys(config("", "pepper"));
    var after = get(peppered.create(ACME, "after"));

    assertThat(get(peppered.authenticate(before.key()))).contains(new Caller(ACME, before.id()));
    assertThat(get(peppered.authenticate(after.key()))).contains(new Caller(ACME, after.id()));
    assertThat(get(keys(config("", "other")).authenticate(after.key()))).isEmpty();
    assertThat(get(keys(config("", "")).authenticate(after.key()))).isEmpty();
  }

  @Test
  void takesTheKeyOfTheEnvironmentForTheDefaultTenant() throws Exception {
    var keys = keys(config("your-secret-key", ""));

    assertThat(get(keys.authenticate("your-secret-key")))
        .contains(new Caller(TenantId.DEFAULT, "env"));
    assertThat(get(keys.authenticate("your-secret-kez"))).isEmpty();
    assertThat(get(keys.authenticate("your-secret-key "))).isEmpty();
    assertThat(get(keys(config("", "")).authenticate(""))).isEmpty();
  }

  @Test
  void looksIntoTheDatabaseBeforeTheEnvironment() throws Exception {
    var key = "ash_" + "e".repeat(32);
    table.insert(new ApiKeyRow("row", ACME, KeyHash.plain(key), "same", now));

    assertThat(get(keys(config(key, "")).authenticate(key))).contains(new Caller(ACME, "row"));
  }

  @Test
  void listsATenantsKeysNewestFirstWithoutTellingThem() throws Exception {
    var keys = keys(config("your-secret-key", ""));
    var older = get(keys.create(TenantId.DEFAULT, "older"));
    var created = now;
    now = now.plusSeconds(1);
    var newer = get(keys.create(TenantId.DEFAULT, "newer"));
    get(keys.create(ACME, "foreign"));

    assertThat(get(keys.list(TenantId.DEFAULT)))
        .containsExactly(
            new Listed(
                "env", "ASH_API_KEY (environment variable)", "your-se••••", Optional.empty()),
            new Listed(newer.id(), "newer", "••••••••", Optional.of(now)),
            new Listed(older.id(), "older", "••••••••", Optional.of(created)));
    assertThat(get(keys.list(ACME))).extracting(Listed::label).containsExactly("foreign");
    assertThat(get(keys.list(RIVAL))).isEmpty();
  }

  @Test
  void showsTheFirstEightCharactersOfALongEnvironmentKeyAndLessOfAShortOne() throws Exception {
    assertThat(get(keys(config("0123456789abcdef", "")).list(TenantId.DEFAULT)))
        .extracting(Listed::keyPrefix)
        .containsExactly("01234567••••");
    assertThat(get(keys(config("abc", "")).list(TenantId.DEFAULT)))
        .extracting(Listed::keyPrefix)
        .containsExactly("a••••");
  }

  @Test
  void deletesOnlyWithinTheTenantAndAtOnce() throws Exception {
    var keys = keys(config("your-secret-key", ""));
    var key = get(keys.create(ACME, "ci"));
    assertThat(get(keys.authenticate(key.key()))).isPresent();

    assertThat(get(keys.delete(RIVAL, key.id()))).isFalse();
    assertThat(get(keys.authenticate(key.key()))).isPresent();
    assertThat(get(keys.delete(TenantId.DEFAULT, "env"))).isFalse();

    assertThat(get(keys.delete(ACME, key.id()))).isTrue();
    assertThat(get(keys.authenticate(key.key()))).isEmpty();
    assertThat(get(keys.delete(ACME, key.id()))).isFalse();
  }

  @Test
  void trustsALookUpOnlyForAWhile() throws Exception {
    var keys = keys(config("", ""));
    var key = get(keys.create(ACME, "ci"));
    assertThat(get(keys.authenticate(key.key()))).isPresent();
    table.delete(ACME, key.id()); // as another node does it

    now = now.plusSeconds(4);
    assertThat(get(keys.authenticate(key.key()))).isPresent();
    now = now.plusSeconds(1);
    assertThat(get(keys.authenticate(key.key()))).isEmpty();
  }

  @Test
  void aDeletionThatComesDuringALookUpIsNotUndoneByIt() throws Exception {
    var key = get(keys(config("", "")).create(ACME, "ci"));
    var cache = new CallerCache(Duration.ofSeconds(5), clock);
    var before = cache.generation();
    cache.forget(key.id());

    cache.put("hash", new Caller(ACME, key.id()), before);

    assertThat(cache.get("hash")).isEmpty();
  }

  @Test
  void asksTheDatabaseOnlyOnItsExecutor() throws Exception {
    Queue<Runnable> tasks = new ArrayDeque<>();
    var created = get(keys(config("", "")).create(ACME, "ci"));
    var keys = keys(config("", ""), tasks::add);

    var caller = keys.authenticate(created.key());

    assertThat(caller.toCompletableFuture()).isNotDone();
    tasks.remove().run();
    assertThat(get(caller)).isPresent();
    assertThat(keys.authenticate(created.key()).toCompletableFuture()).isDone();
    assertThat(keys.authenticate("no key at all").toCompletableFuture()).isDone();
  }

  private StoredKeys keys(AuthConfig config) {
    return keys(config, Runnable::run);
  }

  private StoredKeys keys(AuthConfig config, Executor executor) {
    return new StoredKeys(
        table, config, Duration.ofSeconds(5), clock, UUID::randomUUID, random, executor);
  }

  static AuthConfig config(String apiKey, String credentialKey) {
    return new AuthConfig(
        secret(apiKey), secret(credentialKey).stream().toList(), Optional.empty());
  }

  private static Optional<Secret> secret(String text) {
    return Optional.of(text).filter(t -> !t.isEmpty()).map(Secret::new);
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
  }
}
