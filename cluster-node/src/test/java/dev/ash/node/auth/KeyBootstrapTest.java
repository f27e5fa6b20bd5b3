package dev.ash.node.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.config.DatabaseConfig;
import dev.ash.config.DatabaseConfig.Sqlite;
import dev.ash.persistence.Migrations;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.table.ApiKeyTable;
import dev.ash.persistence.table.ApiKeyTable.ApiKeyRow;
import dev.ash.protocol.id.TenantId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KeyBootstrapTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-01-02T03:04:05.678Z"));

  @TempDir private Path dataDir;
  private PooledDatabase database;
  private ApiKeyTable table;

  @BeforeEach
  void openDatabase() {
    DatabaseConfig config = new Sqlite(dataDir.resolve("ash.db"));
    Migrations.run(config, CLOCK);
    database = PooledDatabase.alone(config);
    table = new ApiKeyTable(database);
  }

  @AfterEach
  void closeDatabase() {
    database.close();
  }

  @Test
  void writesAKeyThatWorksIntoAFileOfItsOwner() throws Exception {
    var first = bootstrap("").run().orElseThrow();

    var file = dataDir.resolve("initial-api-key");
    assertThat(first.file()).isEqualTo(file);
    assertThat(Files.readString(file)).isEqualTo(first.key()).matches("ash_[A-Za-z0-9_-]{32}");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    var keys =
        new StoredKeys(
            table,
            StoredKeysTest.config("", ""),
            Duration.ZERO,
            CLOCK,
            UUID::randomUUID,
            new SecureRandom(),
            Runnable::run);
    assertThat(keys.authenticate(first.key()).toCompletableFuture().get())
        .hasValueSatisfying(caller -> assertThat(caller.tenant()).isEqualTo(TenantId.DEFAULT));
    assertThat(table.list(TenantId.DEFAULT))
        .extracting(ApiKeyRow::label)
        .containsExactly("auto-generated");
    assertThat(first.toString()).doesNotContain(first.key());
    assertOnlyKnownFiles();
  }

  @Test
  void reusesTheKeyAtLaterStarts() throws Exception {
    var first = bootstrap("").run().orElseThrow();
    Files.delete(first.file()); // as the command line client does it

    assertThat(bootstrap("").run()).isEmpty();

    assertThat(first.file()).doesNotExist();
    assertThat(table.list(TenantId.DEFAULT)).hasSize(1);
  }

  @Test
  void makesNothingWhenTheEnvironmentHasAKey() throws Exception {
    assertThat(bootstrap("your-secret-key").run()).isEmpty();

    assertThat(dataDir.resolve("initial-api-key")).doesNotExist();
    assertThat(table.any()).isFalse();
  }

  @Test
  void makesNothingWhenAnyTenantHasAKey() throws Exception {
    table.insert(
        new ApiKeyRow("id", new TenantId("acme"), KeyHash.plain("x"), "x", CLOCK.instant()));

    assertThat(bootstrap("").run()).isEmpty();
  }

  @Test
  void refusesAPlantedLinkAndLeavesItsTargetAlone() throws Exception {
    var target = Files.writeString(dataDir.resolve("target"), "untouched");
    Files.createSymbolicLink(dataDir.resolve("initial-api-key"), target);

    assertThatThrownBy(() -> bootstrap("").run())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("initial-api-key");

    assertThat(target).hasContent("untouched");
    assertThat(table.any()).isFalse();
  }

  @Test
  void replacesTheFileOfAStartThatDied() throws Exception {
    var file = Files.writeString(dataDir.resolve("initial-api-key"), "ash_stale");

    var first = bootstrap("").run().orElseThrow();

    assertThat(file).hasContent(first.key());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void makesOneKeyWhenNodesStartAtTheSameTime() throws Exception {
    var nodes = 3;
    var together = new CyclicBarrier(nodes);
    var starts = new ArrayList<Future<Optional<KeyBootstrap.FirstKey>>>();
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var node = 0; node < nodes; node++) {
        var own = dataDir.resolve("node" + node);
        starts.add(
            executor.submit(
                () -> {
                  together.await();
                  return bootstrap("", own).run();
                }));
      }
    }

    var made = new ArrayList<KeyBootstrap.FirstKey>();
    for (var start : starts) {
      start.get().ifPresent(made::add);
    }
    assertThat(made).hasSize(1);
    assertThat(table.list(TenantId.DEFAULT))
        .extracting(ApiKeyRow::keyHash)
        .containsExactly(KeyHash.plain(made.getFirst().key()));
    try (var files = Files.walk(dataDir)) {
      assertThat(files.filter(file -> file.getFileName().toString().startsWith("initial-api-key")))
          .containsExactly(made.getFirst().file());
    }
  }

  private void assertOnlyKnownFiles() throws IOException {
    try (var files = Files.list(dataDir)) {
      assertThat(files.map(file -> file.getFileName().toString()).toList())
          .isSubsetOf(List.of("ash.db", "ash.db-wal", "ash.db-shm", "initial-api-key"));
    }
  }

  private KeyBootstrap bootstrap(String environmentKey) {
    return bootstrap(environmentKey, dataDir);
  }

  private KeyBootstrap bootstrap(String environmentKey, Path folder) {
    return new KeyBootstrap(
        table,
        StoredKeysTest.config(environmentKey, ""),
        folder,
        CLOCK,
        UUID::randomUUID,
        new SecureRandom());
  }
}
