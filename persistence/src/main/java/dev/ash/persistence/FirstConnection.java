package dev.ash.persistence;

import dev.ash.config.DatabaseConfig;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits at start-up for a database that is not there yet, as when everything starts together
 * (contract 7.1: six attempts). What waiting cannot mend, such as a wrong password, is told at
 * once.
 */
public final class FirstConnection {
  private static final Logger log = LoggerFactory.getLogger(FirstConnection.class);
  private static final List<Duration> WAITS =
      List.of(1, 2, 4, 8, 16).stream().map(Duration::ofSeconds).toList();

  private FirstConnection() {}

  /**
   * Returns when the database can be connected to.
   *
   * @param pause waits
   * @throws SchemaException when it cannot, with the contract's words
   */
  public static void await(DatabaseConfig database, Consumer<Duration> pause) {
    switch (database) {
      case DatabaseConfig.Sqlite _ -> {}
      case DatabaseConfig.Postgres _ -> await(new Location(database), pause);
    }
  }

  private static void await(Location location, Consumer<Duration> pause) {
    for (var attempt = 0; ; attempt++) {
      try (var _ = location.connect()) {
        return;
      } catch (SQLException e) {
        if (!SqlErrors.isUnreachable(e)) {
          throw new SchemaException(
              "cannot connect to %s: %s".formatted(location.name(), SqlErrors.text(e)), e);
        }
        if (attempt == WAITS.size()) {
          throw new SchemaException(
              "Failed to connect to database after %d attempts: %s"
                  .formatted(attempt + 1, SqlErrors.text(e)),
              e);
        }
        log.warn(
            "{} does not answer ({}); trying again in {} s",
            location.name(),
            SqlErrors.text(e),
            WAITS.get(attempt).toSeconds());
        pause.accept(WAITS.get(attempt));
      }
    }
  }
}
