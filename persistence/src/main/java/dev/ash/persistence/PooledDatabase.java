package dev.ash.persistence;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.ash.config.DatabaseConfig;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/**
 * A database over two pools: one that writes, which is the journal's own where there is a journal,
 * and a small one that only reads. Threads may share it. The journal's pool is closed by the actor
 * system, after this one.
 */
public final class PooledDatabase implements Database {
  private static final int READERS = 4;
  private static final int WRITERS = 4;
  private static final Duration CONNECTION_TIMEOUT = Duration.ofSeconds(30);

  /** A server that is away is to be told of soon. */
  private static final Duration SERVER_TIMEOUT = Duration.ofSeconds(4);

  private final Location location;
  private final Connections writers;
  private final HikariDataSource readers;
  private final @Nullable HikariDataSource ownWriters;

  private PooledDatabase(
      Location location, Connections writers, @Nullable HikariDataSource ownWriters) {
    this.location = location;
    this.writers = writers;
    this.ownWriters = ownWriters;
    this.readers = readers(location);
  }

  /**
   * Writes through the connections of the system's journal, so that on SQLite the process has one
   * writer. The system must have been started with {@link DatabaseSettings#overrides}.
   */
  public static PooledDatabase besideJournal(ActorSystem<?> system, DatabaseConfig config) {
    var journal = JournalConnections.of(system);
    return new PooledDatabase(new Location(config), journal::createConnection, null);
  }

  /** For a process without a journal: tools and tests. */
  public static PooledDatabase alone(DatabaseConfig config) {
    var location = new Location(config);
    var writers = writers(location);
    return new PooledDatabase(location, writers::getConnection, writers);
  }

  @Override
  public <T> T write(Work<T> work) {
    return transaction("write", writers, work);
  }

  @Override
  public <T> T read(Work<T> work) {
    return transaction("read", readers::getConnection, work);
  }

  private <T> T transaction(String access, Connections connections, Work<T> work) {
    for (var attempt = 1; ; attempt++) {
      try (var connection = connections.next()) {
        return inTransaction(guarded(connection), work);
      } catch (SQLException e) {
        if (attempt == LostRace.ATTEMPTS || !SqlErrors.isLostRace(e)) {
          throw failed(access, attempt, e);
        }
      }
      LostRace.pauseAfter(attempt);
    }
  }

  private Connection guarded(Connection connection) {
    return switch (location.dialect()) {
      case SQLITE -> NulGuard.around(connection);
      case POSTGRESQL -> connection;
    };
  }

  @Override
  public Dialect dialect() {
    return location.dialect();
  }

  @Override
  public void close() {
    readers.close();
    if (ownWriters != null) {
      ownWriters.close();
    }
  }

  private static <T> T inTransaction(Connection connection, Work<T> work) throws SQLException {
    connection.setAutoCommit(false);
    try {
      var result = work.on(connection);
      connection.commit();
      connection.setAutoCommit(true);
      return result;
    } catch (SQLException | RuntimeException e) {
      undo(connection, e);
      throw e;
    }
  }

  /**
   * Rolls back and leaves the connection fit for its next user. A full disk has made SQLite roll
   * back already: then both steps fail, but the second has put the driver's own state in order, and
   * what counts is the first error.
   */
  private static void undo(Connection connection, Exception why) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      why.addSuppressed(e);
    }
    try {
      connection.setAutoCommit(true);
    } catch (SQLException e) {
      why.addSuppressed(e);
    }
  }

  private DatabaseException failed(String access, int attempts, SQLException e) {
    var text =
        "%s: %s of %s failed%s: %s"
            .formatted(
                location.name(),
                access,
                caller(),
                attempts == 1 ? "" : " " + attempts + " times",
                SqlErrors.text(e));
    return new DatabaseException(text, e);
  }

  /** Who asked, e.g. {@code SessionTable.upsert}: it names the statement better than we could. */
  private static String caller() {
    return StackWalker.getInstance()
        .walk(
            frames ->
                frames
                    .filter(frame -> !frame.getClassName().equals(PooledDatabase.class.getName()))
                    .map(
                        frame ->
                            frame.getClassName().replaceAll("^.*\\.", "")
                                + "."
                                + frame.getMethodName())
                    .findFirst()
                    .orElse("unknown"));
  }

  private static HikariDataSource readers(Location location) {
    var pool = pool(location, location.readUrl(), "read");
    pool.setMaximumPoolSize(READERS);
    switch (location.dialect()) {
      case SQLITE -> pool.setConnectionInitSql("PRAGMA query_only = on");
      case POSTGRESQL -> {
        pool.setReadOnly(true);
        pool.setTransactionIsolation("TRANSACTION_REPEATABLE_READ");
      }
    }
    return new HikariDataSource(pool);
  }

  private static HikariDataSource writers(Location location) {
    var pool = pool(location, location.writeUrl(), "write");
    pool.setMaximumPoolSize(location.dialect() == Dialect.SQLITE ? 1 : WRITERS);
    return new HikariDataSource(pool);
  }

  private static HikariConfig pool(Location location, String url, String name) {
    var pool = new HikariConfig();
    pool.setPoolName("ash-" + name);
    pool.setJdbcUrl(url);
    pool.setDataSourceProperties(location.properties());
    pool.setMinimumIdle(1);
    switch (location.dialect()) {
      case SQLITE -> {
        pool.setConnectionTimeout(CONNECTION_TIMEOUT.toMillis());
        pool.setMaxLifetime(0);
      }
      case POSTGRESQL -> {
        pool.setConnectionTimeout(SERVER_TIMEOUT.toMillis());
        pool.setValidationTimeout(SERVER_TIMEOUT.dividedBy(2).toMillis());
      }
    }
    return pool;
  }

  /** Hands out a connection, waiting for one; closing it gives it back. */
  @FunctionalInterface
  private interface Connections {
    Connection next() throws SQLException;
  }
}
