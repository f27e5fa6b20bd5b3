package dev.ash.persistence;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * The node's connections to its database, shared with the journal. Every method blocks; call them
 * on {@code blocking-io}. On SQLite there is one connection that writes, so a write waits its turn
 * and never meets a locked file; reads have connections of their own.
 */
public interface Database extends AutoCloseable {

  /**
   * Runs in one transaction: committed when the work returns, rolled back when it throws. Work that
   * lost against another transaction runs again, so it must do nothing but use the connection.
   */
  <T> T write(Work<T> work);

  /**
   * Runs on a connection that only reads, and sees one state of the database throughout. A server
   * may break a read off like a write: then it runs again.
   */
  <T> T read(Work<T> work);

  Dialect dialect();

  /** Releases what was opened here. */
  @Override
  void close();

  /** Some JDBC work; the connection is the caller's only while it runs. */
  @FunctionalInterface
  interface Work<T> {
    T on(Connection connection) throws SQLException;
  }

  /** What differs between the databases: types and a few clauses, never the shape of a table. */
  enum Dialect {
    SQLITE,
    POSTGRESQL
  }

  /** The database did not do what was asked. */
  final class DatabaseException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public DatabaseException(String message, Throwable cause) {
      super(message, cause);
    }

    /** Whether the database could not be reached, so that the same may succeed a moment later. */
    public boolean isUnreachable() {
      return getCause() instanceof SQLException e && SqlErrors.isUnreachable(e);
    }

    /** Whether a text that it was given has a NUL character, which no database takes. */
    public boolean isUnstorable() {
      return getCause() instanceof SQLException e && SqlErrors.isUnstorable(e);
    }
  }
}
