package dev.ash.persistence.table;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.config.DatabaseConfig;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.TestDatabases;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LeaseTableTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final LeaseTable leases;

  LeaseTableTest(@TempDir Path folder) {
    this.leases =
        new LeaseTable(
            (DatabaseConfig.Postgres) TestDatabases.migrated(Dialect.POSTGRESQL, folder),
            Duration.ofSeconds(5));
  }

  @Test
  void onlyOneSideGetsIt() throws SQLException {
    assertThat(leases.acquire("l", "a", Set.of("a", "b"), MINUTE)).isTrue();
    assertThat(leases.acquire("l", "c", Set.of("c"), MINUTE)).isFalse();
    assertThat(leases.acquire("l", "a", Set.of("a", "b"), MINUTE)).isTrue();
    assertThat(leases.acquire("other", "c", Set.of("c"), MINUTE)).isTrue();
  }

  @Test
  void whoIsOnTheWinnersSideMayTakeItOver() throws SQLException {
    leases.acquire("l", "a", Set.of("a", "b"), MINUTE);

    assertThat(leases.acquire("l", "b", Set.of("b"), MINUTE)).isTrue();
    assertThat(leases.acquire("l", "a", Set.of("a"), MINUTE)).as("left behind by b").isFalse();
  }

  @Test
  void itIsFreeAfterItsTimeAndWhenItIsGivenUp() throws SQLException {
    leases.acquire("l", "a", Set.of("a"), Duration.ofMillis(-1));
    assertThat(leases.acquire("l", "c", Set.of("c"), MINUTE)).isTrue();
    leases.release("l", "a");
    assertThat(leases.acquire("l", "a", Set.of("a"), MINUTE))
        .as("only its owner gives up")
        .isFalse();
    leases.release("l", "c");
    assertThat(leases.acquire("l", "a", Set.of("a"), MINUTE)).isTrue();
  }
}
