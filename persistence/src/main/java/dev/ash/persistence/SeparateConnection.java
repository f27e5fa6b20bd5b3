package dev.ash.persistence;

import dev.ash.config.DatabaseConfig;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;

/**
 * A connection for each transaction, outside the pools and given up soon: for what must be known
 * when the pools are exhausted or the database is away. Blocks.
 */
public final class SeparateConnection {
  /** The database's own clock, as milliseconds since 1970. */
  public static final String NOW_MS =
      "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";

  private final Location location;
  private final String seconds;

  /**
   * How to reach it.
   *
   * @param patience for connecting and for each answer; at least a second
   */
  public SeparateConnection(DatabaseConfig.Postgres database, Duration patience) {
    this.location = new Location(database);
    this.seconds = Long.toString(Math.max(1, patience.toSeconds()));
  }

  /**
   * Commits when the work returns, else rolls back. Like {@link Database#write}, it runs the work
   * again that lost against another transaction.
   */
  public <T> T inTransaction(Database.Work<T> work) throws SQLException {
    for (var attempt = 1; ; attempt++) {
      try {
        return once(work);
      } catch (SQLException e) {
        if (attempt == LostRace.ATTEMPTS || !SqlErrors.isLostRace(e)) {
          throw e;
        }
      }
      LostRace.pauseAfter(attempt);
    }
  }

  private <T> T once(Database.Work<T> work) throws SQLException {
    var properties = location.properties();
    properties.setProperty("connectTimeout", seconds);
    properties.setProperty("loginTimeout", seconds);
    properties.setProperty("socketTimeout", seconds);
    try (Connection connection = DriverManager.getConnection(location.writeUrl(), properties)) {
      connection.setAutoCommit(false);
      var result = work.on(connection);
      connection.commit();
      return result;
    }
  }
}
