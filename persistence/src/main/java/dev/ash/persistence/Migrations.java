package dev.ash.persistence;

import dev.ash.config.DatabaseConfig;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.Schema.Script;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a database to the schema of this program, before anything else uses it. Each step is one
 * transaction together with the row that records it, so a crash leaves whole steps. Nodes that
 * start together wait for one another. A database that is newer than the program, or whose history
 * differs from the program's, is refused and left alone.
 */
public final class Migrations {
  private static final Logger log = LoggerFactory.getLogger(Migrations.class);

  /** Key of the PostgreSQL lock that one migrating node holds; any fixed number. */
  private static final long LOCK = 0x41_73_68_4d_69_67L;

  private static final String HISTORY =
      """
      CREATE TABLE IF NOT EXISTS schema_version (
        version     INTEGER NOT NULL PRIMARY KEY,
        name        TEXT    NOT NULL,
        checksum    TEXT    NOT NULL,
        applied_at  TEXT    NOT NULL
      )""";

  private final Location location;
  private final InstantSource clock;

  private Migrations(Location location, InstantSource clock) {
    this.location = location;
    this.clock = clock;
  }

  /**
   * Applies what is missing.
   *
   * @return how many steps were applied
   * @throws SchemaException when the database cannot be used by this program
   */
  public static int run(DatabaseConfig database, InstantSource clock) {
    var location = new Location(database);
    location.prepare();
    return new Migrations(location, clock).run();
  }

  private int run() {
    var scripts = Schema.scripts(location.dialect());
    try (var connection = location.connect()) {
      connection.setAutoCommit(false);
      var advisory = hasAdvisoryLocks(connection);
      var applied = 0;
      for (var script : again(connection, () -> missing(connection, advisory, scripts))) {
        applied += again(connection, () -> apply(connection, advisory, script)) ? 1 : 0;
      }
      connection.rollback();
      return applied;
    } catch (SQLException e) {
      throw new SchemaException(
          "cannot open or migrate %s: %s".formatted(location.name(), SqlErrors.text(e)), e);
    }
  }

  /**
   * Runs a transaction again that lost against another node's. Where nodes cannot wait for one
   * another that is how they find out that the step is done.
   */
  private static <T> T again(Connection connection, Step<T> step) throws SQLException {
    for (var attempt = 1; ; attempt++) {
      try {
        return step.run();
      } catch (SQLException e) {
        connection.rollback();
        if (attempt == LostRace.ATTEMPTS || !SqlErrors.isLostRace(e)) {
          throw e;
        }
      }
      LostRace.pauseAfter(attempt);
    }
  }

  /** One transaction that migrates. */
  @FunctionalInterface
  private interface Step<T> {
    T run() throws SQLException;
  }

  private List<Script> missing(Connection connection, boolean advisory, List<Script> scripts)
      throws SQLException {
    lock(connection, advisory);
    try (var statement = connection.createStatement()) {
      statement.execute(HISTORY);
    }
    var history = new TreeMap<Integer, String>();
    try (var select = connection.prepareStatement("SELECT version, checksum FROM schema_version");
        var rows = select.executeQuery()) {
      while (rows.next()) {
        history.put(rows.getInt(1), rows.getString(2));
      }
    }
    connection.commit();
    if (!history.isEmpty() && history.lastKey() > Schema.newest()) {
      throw new SchemaException(
          "%s: schema version %d (expected: at most %d; a newer program has used it: start that one or restore a backup)"
              .formatted(location.name(), history.lastKey(), Schema.newest()));
    }
    for (var script : scripts) {
      var checksum = history.get(script.number());
      if (checksum != null && !checksum.equals(script.checksum())) {
        throw new SchemaException(
            "%s: schema version %d was applied from another text (expected: checksum %s, found: %s; the program was built from changed migrations)"
                .formatted(location.name(), script.number(), script.checksum(), checksum));
      }
    }
    return scripts.stream().filter(script -> !history.containsKey(script.number())).toList();
  }

  private boolean apply(Connection connection, boolean advisory, Script script)
      throws SQLException {
    lock(connection, advisory);
    if (isApplied(connection, script)) {
      connection.commit();
      return false;
    }
    try (var statement = connection.createStatement()) {
      for (var sql : script.statements()) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      connection.rollback();
      if (SqlErrors.isLostRace(e)) {
        throw e;
      }
      throw new SchemaException(
          "%s: schema version %d (%s) could not be applied and was undone: %s"
              .formatted(location.name(), script.number(), script.name(), SqlErrors.text(e)),
          e);
    }
    try (var insert =
        connection.prepareStatement(
            "INSERT INTO schema_version (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)")) {
      insert.setInt(1, script.number());
      insert.setString(2, script.name());
      insert.setString(3, script.checksum());
      insert.setString(4, clock.instant().toString());
      insert.executeUpdate();
    }
    connection.commit();
    log.info("{}: schema version {} ({})", location.name(), script.number(), script.name());
    return true;
  }

  private static boolean isApplied(Connection connection, Script script) throws SQLException {
    try (var select =
        connection.prepareStatement("SELECT 1 FROM schema_version WHERE version = ?")) {
      select.setInt(1, script.number());
      try (var rows = select.executeQuery()) {
        return rows.next();
      }
    }
  }

  /** Held to the end of the transaction; on SQLite the transaction itself has the write lock. */
  private static void lock(Connection connection, boolean advisory) throws SQLException {
    if (advisory) {
      try (var statement = connection.prepareStatement("SELECT pg_advisory_xact_lock(?)")) {
        statement.setLong(1, LOCK);
        statement.execute();
      }
    }
  }

  /**
   * PostgreSQL has them. CockroachDB speaks its protocol and has them in name only: there one of
   * two transactions is told to run again.
   */
  private boolean hasAdvisoryLocks(Connection connection) throws SQLException {
    if (location.dialect() == Dialect.SQLITE) {
      return false;
    }
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery("SELECT version()")) {
      rows.next();
      return !rows.getString(1).startsWith("CockroachDB");
    } finally {
      connection.rollback();
    }
  }
}
