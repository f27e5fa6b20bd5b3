package dev.ash.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.config.DatabaseConfig;
import dev.ash.config.Secret;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FirstConnectionTest {

  @Test
  void triesSixTimesWithGrowingWaits() throws IOException {
    var waits = new ArrayList<Duration>();

    assertThatThrownBy(() -> FirstConnection.await(nowhere(), waits::add))
        .isInstanceOf(SchemaException.class)
        .hasMessageStartingWith("Failed to connect to database after 6 attempts: ")
        .hasMessageNotContaining("s3cret");
    assertThat(waits).extracting(Duration::toSeconds).containsExactly(1L, 2L, 4L, 8L, 16L);
  }

  @Test
  void doesNotWaitForAPasswordToBecomeRight(@TempDir Path folder) {
    var there = (DatabaseConfig.Postgres) TestDatabases.empty(Database.Dialect.POSTGRESQL, folder);
    var missing =
        new DatabaseConfig.Postgres(
            there.jdbcUrl().replaceFirst("/test\\d+", "/nothing"),
            there.user(),
            Optional.of(new Secret("s3cret")));
    var waits = new ArrayList<Duration>();

    assertThatThrownBy(() -> FirstConnection.await(missing, waits::add))
        .hasMessageContaining("cannot connect to PostgreSQL")
        .hasMessageContaining("\"nothing\" does not exist")
        .hasMessageNotContaining("s3cret");
    assertThat(waits).isEmpty();
  }

  private static DatabaseConfig nowhere() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return new DatabaseConfig.Postgres(
          "jdbc:postgresql://127.0.0.1:" + socket.getLocalPort() + "/ash",
          Optional.of("ash"),
          Optional.of(new Secret("s3cret")));
    }
  }
}
