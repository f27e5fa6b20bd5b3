package dev.ash.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.config.DatabaseConfig;
import dev.ash.persistence.Database.DatabaseException;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.table.LeaseTable;
import dev.ash.persistence.table.TranscriptTable;
import dev.ash.protocol.id.SessionId;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Transactions that the server breaks off with a serialization failure, as CockroachDB does in the
 * ordinary course of things. Here a trigger does it; it counts with a sequence, which a rollback
 * leaves alone.
 */
final class LostRaceTest {
  private static final SessionId ONE = SessionId.of(new UUID(0, 1));
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  @TempDir private Path folder = Path.of("");
  private DatabaseConfig.Postgres config;
  private Database database;

  @BeforeEach
  void open() {
    config = (DatabaseConfig.Postgres) TestDatabases.migrated(Dialect.POSTGRESQL, folder);
    database = PooledDatabase.alone(config);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @ParameterizedTest
  @CsvSource({"40001, false", "40001, true", "40P01, false"})
  void aWriteRunsAgainAndHappensOnce(String state, boolean atCommit) {
    loseOn("transcript", 3, state, atCommit);
    var transcript = new TranscriptTable(database);

    assertThat(transcript.append(ONE, "a", "1\n")).isEqualTo(1);
    assertThat(transcript.append(ONE, "a", "2\n")).isEqualTo(2);
    assertThat(chunks(transcript)).containsExactly("1\n", "2\n");
  }

  @Test
  void whoAlwaysLosesIsToldAfterSomeAttempts() {
    loseOn("transcript", 1_000, "40001", false);
    var transcript = new TranscriptTable(database);

    assertThatThrownBy(() -> transcript.append(ONE, "a", "1\n"))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining(
            "write of TranscriptTable.append failed " + LostRace.ATTEMPTS + " times: ")
        .hasMessageContaining("restart transaction");
    assertThat(chunks(transcript)).isEmpty();
  }

  @Test
  void anyOtherFailureIsToldAtOnce() {
    loseOn("transcript", 1, "23514", false);

    assertThatThrownBy(() -> new TranscriptTable(database).append(ONE, "a", "1\n"))
        .isInstanceOf(DatabaseException.class)
        .message()
        .doesNotContain("times");
  }

  @Test
  void aLeaseIsTakenThoughItsTransactionWasBrokenOff() throws SQLException {
    loseOn("cluster_lease", 2, "40001", true);
    var leases = new LeaseTable(config, PATIENCE);

    assertThat(leases.acquire("l", "one", Set.of("one"), PATIENCE)).isTrue();
    assertThat(leases.acquire("l", "two", Set.of("two"), PATIENCE)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void aReadRunsAgain(int failures) {
    var left = new AtomicInteger(failures);

    int found =
        database.read(
            connection -> {
              try (var rows = connection.createStatement().executeQuery("SELECT 7")) {
                rows.next();
                if (left.getAndDecrement() > 0) {
                  throw new SQLException("restart transaction", "40001");
                }
                return rows.getInt(1);
              }
            });

    assertThat(found).isEqualTo(7);
  }

  @Test
  void aTranscriptIsHandedOverOnceThoughItsReadWasBrokenOff() {
    var transcript = new TranscriptTable(database);
    for (var n = 1; n <= 20; n++) {
      transcript.append(ONE, "a", n + "\n");
    }
    var broken = new TranscriptTable(new BreaksOffReads(database, 2));
    var got = new ArrayList<Long>();

    assertThat(broken.readAll(ONE, chunk -> got.add(chunk.number()))).isEqualTo(20);
    assertThat(got).hasSize(20).isSorted().doesNotHaveDuplicates();
  }

  private static java.util.List<String> chunks(TranscriptTable table) {
    var lines = new ArrayList<String>();
    table.readAll(ONE, chunk -> lines.add(chunk.lines()));
    return lines;
  }

  private void loseOn(String table, int times, String state, boolean atCommit) {
    database.write(
        connection -> {
          execute(connection, "CREATE SEQUENCE lost");
          execute(
              connection,
              """
              CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$
              BEGIN
                IF nextval('lost') <= %d THEN
                  RAISE EXCEPTION 'restart transaction' USING ERRCODE = '%s';
                END IF;
                RETURN NEW;
              END $$"""
                  .formatted(times, state));
          execute(
              connection,
              atCommit
                  ? "CREATE CONSTRAINT TRIGGER loses AFTER INSERT OR UPDATE ON %s".formatted(table)
                      + " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION lose()"
                  : "CREATE TRIGGER loses BEFORE INSERT OR UPDATE ON %s".formatted(table)
                      + " FOR EACH ROW EXECUTE FUNCTION lose()");
          return true;
        });
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Breaks a read off after it has handed over all it read. */
  private record BreaksOffReads(Database inner, AtomicInteger left) implements Database {
    BreaksOffReads(Database inner, int times) {
      this(inner, new AtomicInteger(times));
    }

    @Override
    public <T> T read(Work<T> work) {
      return inner.read(
          connection -> {
            var result = work.on(connection);
            if (left.getAndDecrement() > 0) {
              throw new SQLException("restart transaction", "40001");
            }
            return result;
          });
    }

    @Override
    public <T> T write(Work<T> work) {
      return inner.write(work);
    }

    @Override
    public Dialect dialect() {
      return inner.dialect();
    }

    @Override
    public void close() {}
  }
}
