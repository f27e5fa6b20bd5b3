package dev.ash.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.config.DatabaseConfig;
import dev.ash.persistence.Database.Dialect;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Dialect.class)
final class MigrationsTest {
  @Parameter Dialect dialect = Dialect.SQLITE;
  @TempDir Path folder = Path.of("");

  @Test
  void appliesEveryStepOnceAndThenNothing() {
    var config = TestDatabases.empty(dialect, folder);

    assertThat(Migrations.run(config, TestDatabases.CLOCK)).isEqualTo(steps());
    assertThat(Migrations.run(config, TestDatabases.CLOCK)).isZero();
  }

  private int steps() {
    return Schema.scripts(dialect).size();
  }

  @Test
  void nodesThatStartTogetherMigrateOnce() throws Exception {
    var config = TestDatabases.empty(dialect, folder);
    try (var nodes = Executors.newVirtualThreadPerTaskExecutor()) {
      var started =
          IntStream.range(0, 6)
              .mapToObj(_ -> nodes.submit(() -> Migrations.run(config, TestDatabases.CLOCK)))
              .toList();

      assertThat(started.stream().mapToInt(MigrationsTest::result).sum()).isEqualTo(steps());
    }
  }

  @Test
  void refusesADatabaseThatANewerProgramHasUsed() {
    var config = TestDatabases.migrated(dialect, folder);
    execute(config, "INSERT INTO schema_version VALUES (99, 'future', 'x', 'y')");

    assertThatThrownBy(() -> Migrations.run(config, TestDatabases.CLOCK))
        .isInstanceOf(SchemaException.class)
        .hasMessageContaining("schema version 99 (expected: at most " + Schema.newest())
        .hasMessageContaining("start that one or restore a backup");
  }

  @Test
  void refusesAHistoryThatDiffersFromItsOwn() {
    var config = TestDatabases.migrated(dialect, folder);
    execute(config, "UPDATE schema_version SET checksum = 'other' WHERE version = 2");

    assertThatThrownBy(() -> Migrations.run(config, TestDatabases.CLOCK))
        .isInstanceOf(SchemaException.class)
        .hasMessageContaining("schema version 2 was applied from another text");
  }

  @Test
  void aStepThatFailsIsUndoneAsAWhole() {
    var config = TestDatabases.empty(dialect, folder);
    new Location(config).prepare();
    execute(config, "CREATE TABLE transcript (x TEXT)");

    assertThatThrownBy(() -> Migrations.run(config, TestDatabases.CLOCK))
        .isInstanceOf(SchemaException.class)
        .hasMessageContaining("schema version 2 (tables) could not be applied and was undone");

    execute(config, "DROP TABLE transcript");
    assertThat(Migrations.run(config, TestDatabases.CLOCK)).isEqualTo(steps() - 1);
  }

  @Test
  void aSqliteFileIsForItsOwnerOnly() throws IOException {
    var file = folder.resolve("deep/data/ash.db");
    Migrations.run(new DatabaseConfig.Sqlite(file), TestDatabases.CLOCK);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
        .isEqualTo("rwx------");
  }

  @Test
  void refusesAFileThatIsNoDatabase() throws IOException {
    var file = folder.resolve("ash.db");
    Files.writeString(file, "this is a letter to my aunt\n".repeat(500));

    assertThatThrownBy(() -> Migrations.run(new DatabaseConfig.Sqlite(file), TestDatabases.CLOCK))
        .isInstanceOf(SchemaException.class)
        .hasMessageContaining("cannot open or migrate SQLite " + file)
        .hasMessageContaining("not a database");
  }

  private static int result(Future<Integer> future) {
    try {
      return future.get();
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError(e);
    }
  }

  private static void execute(DatabaseConfig config, String sql) {
    try (var connection = new Location(config).connect();
        var statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
  }
}
