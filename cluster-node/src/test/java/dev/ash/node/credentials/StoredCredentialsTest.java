package dev.ash.node.credentials;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.config.DatabaseConfig;
import dev.ash.config.Secret;
import dev.ash.node.credentials.Credentials.Credential;
import dev.ash.node.credentials.Credentials.Found;
import dev.ash.node.credentials.Credentials.Stored;
import dev.ash.persistence.Migrations;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.table.CredentialTable;
import dev.ash.protocol.id.TenantId;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StoredCredentialsTest {
  private static final TenantId ACME = new TenantId("acme");
  private static final TenantId OTHER = new TenantId("other");
  private static final Secret KEY = new Secret("sk-ant-\u00e9-canary");

  @TempDir private Path folder = Path.of("");
  private Instant now = Instant.parse("2026-01-02T03:04:05.678Z");
  private final InstantSource clock = () -> now;
  private PooledDatabase database;
  private CredentialTable table;

  @BeforeEach
  void open() {
    var config = new DatabaseConfig.Sqlite(folder.resolve("ash.db"));
    Migrations.run(config, clock);
    database = PooledDatabase.alone(config);
    table = new CredentialTable(database);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void givesBackWhatItStoredToItsTenantOnly() {
    var credentials = credentials("master");
    var made = store(credentials);
    now = now.plusSeconds(1);
    var newer = done(credentials.create(ACME, Credentials.Type.CUSTOM, KEY, ""));

    assertThat(made)
        .isEqualTo(
            new Credential(
                made.id(),
                Credentials.Type.ANTHROPIC,
                "ci",
                Instant.parse("2026-01-02T03:04:05.678Z"),
                Optional.empty()));
    assertThat(get(credentials.list(ACME))).containsExactly(newer, made);
    assertThat(get(credentials.list(OTHER))).isEmpty();
    assertThat(get(credentials.find(ACME, made.id()))).isEqualTo(usable());
    assertThat(get(credentials.list(ACME)).getLast().lastUsedAt()).contains(now);
    assertThat(get(credentials.find(OTHER, made.id()))).isInstanceOf(Found.Unusable.class);
    assertThat(get(credentials.delete(OTHER, made.id()))).isFalse();
    assertThat(get(credentials.delete(ACME, made.id()))).isTrue();
    assertThat(get(credentials.find(ACME, made.id()))).isInstanceOf(Found.Unusable.class);
  }

  @Test
  void nothingOfASecretIsInTheFiles() throws Exception {
    store(credentials("master"));
    database.close();

    try (var files = Files.list(folder)) {
      for (var file : files.toList()) {
        assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
            .doesNotContain("canary")
            .doesNotContain("master");
      }
    }
  }

  @Test
  void storesNothingWithoutAMasterKeyAndSaysSo() {
    var made = store(credentials("master"));
    var without = credentials();

    assertThat(get(without.create(ACME, Credentials.Type.CUSTOM, KEY, "")))
        .isEqualTo(new Stored.NotConfigured());
    assertThat(why(without, made)).isEqualTo("ASH_CREDENTIAL_KEY is not set on the node");
    assertThat(get(without.list(ACME))).containsExactly(made);
  }

  @Test
  void theWrongMasterKeyIsNamedBesideTheRightOne() {
    var made = store(credentials("master"));
    var keyId = table.find(ACME, made.id()).orElseThrow().box().keyId();

    assertThat(why(credentials("wrong"), made))
        .startsWith("it was stored with the master key " + keyId + ", and ASH_CREDENTIAL_KEY has ")
        .endsWith("(put the old key behind the new one, with a comma between)")
        .doesNotContain("wrong");
  }

  @Test
  void anOldMasterKeyOpensUntilAllIsSealedWithTheNewOne() {
    var made = store(credentials("old"));
    var both = credentials("new", "old");
    assertThat(get(both.find(ACME, made.id()))).isEqualTo(usable());
    assertThat(why(credentials("new"), made)).contains("it was stored with the master key");

    both.reseal();

    assertThat(get(credentials("new").find(ACME, made.id()))).isEqualTo(usable());
    assertThat(why(credentials("old"), made)).contains("it was stored with the master key");
    // Again changes nothing, and what cannot be opened stays as it is.
    var row = table.find(ACME, made.id());
    both.reseal();
    credentials("third").reseal();
    credentials().reseal();
    assertThat(table.find(ACME, made.id())).isEqualTo(row);
  }

  @Test
  void aSealedSecretIsWorthNothingInAnotherRow() {
    var credentials = credentials("master");
    var victim = store(credentials);
    var mine = done(credentials.create(OTHER, Credentials.Type.ANTHROPIC, KEY, ""));

    table.replace(
        table.find(OTHER, mine.id()).orElseThrow(),
        table.find(ACME, victim.id()).orElseThrow().box());

    assertThat(get(credentials.find(OTHER, mine.id())))
        .isEqualTo(new Found.Unusable("its stored form is damaged"));
  }

  private StoredCredentials credentials(String... masterKeys) {
    List<Secret> secrets = Arrays.stream(masterKeys).map(Secret::new).toList();
    return new StoredCredentials(
        table, secrets, clock, UUID::randomUUID, new SecureRandom(), Runnable::run);
  }

  private static Credential store(Credentials credentials) {
    return done(credentials.create(ACME, Credentials.Type.ANTHROPIC, KEY, "ci"));
  }

  private static Credential done(CompletionStage<Stored> stored) {
    return switch (get(stored)) {
      case Stored.Done(var credential) -> credential;
      case Stored.NotConfigured() -> throw new AssertionError("not configured");
    };
  }

  private static String why(Credentials credentials, Credential made) {
    return switch (get(credentials.find(ACME, made.id()))) {
      case Found.Unusable(var why) -> why;
      case Found.Usable _ -> throw new AssertionError("it can be used");
    };
  }

  private static Found usable() {
    return new Found.Usable(Credentials.Type.ANTHROPIC, KEY);
  }

  private static <T> T get(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }
}
