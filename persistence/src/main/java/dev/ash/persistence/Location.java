package dev.ash.persistence;

import dev.ash.config.DatabaseConfig;
import dev.ash.config.DatabaseConfig.Postgres;
import dev.ash.config.DatabaseConfig.Sqlite;
import dev.ash.persistence.Database.Dialect;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/** Where a database is: its dialect, its name in messages, and how to connect. */
record Location(DatabaseConfig config) {

  Dialect dialect() {
    return switch (config) {
      case Sqlite _ -> Dialect.SQLITE;
      case Postgres _ -> Dialect.POSTGRESQL;
    };
  }

  /** For people; without user and password. */
  String name() {
    return switch (config) {
      case Sqlite sqlite -> "SQLite " + sqlite.file();
      case Postgres postgres ->
          "PostgreSQL " + postgres.jdbcUrl().replaceAll("^jdbc:postgresql:|\\?.*$", "");
    };
  }

  /** The journal's own URL: on SQLite its transactions take the write lock when they begin. */
  String writeUrl() {
    return switch (config) {
      case Sqlite sqlite -> sqlite.jdbcUrl();
      case Postgres postgres -> postgres.jdbcUrl();
    };
  }

  String readUrl() {
    return switch (config) {
      case Sqlite sqlite -> "jdbc:sqlite:" + sqlite.file() + "?busy_timeout=10000";
      case Postgres postgres -> postgres.jdbcUrl();
    };
  }

  Properties properties() {
    return switch (config) {
      case Sqlite _ -> new Properties();
      case Postgres postgres -> DatabaseSettings.properties(postgres);
    };
  }

  /** Several that make a new SQLite file at once get in one another's way, before it has a mode. */
  Connection connect() throws SQLException {
    for (var attempt = 1; ; attempt++) {
      try {
        return DriverManager.getConnection(writeUrl(), properties());
      } catch (SQLException e) {
        if (attempt == LostRace.ATTEMPTS || !SqlErrors.isLostRace(e)) {
          throw e;
        }
      }
      LostRace.pauseAfter(attempt);
    }
  }

  /** A new SQLite file is for its owner only, and so are the -wal and -shm that follow it. */
  void prepare() {
    if (config instanceof Sqlite(var file)) {
      try {
        var folder = file.toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
          Files.createDirectories(
              folder,
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        Files.createFile(
            file,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      } catch (FileAlreadyExistsException _) {
        // Whoever made it chose its permissions.
      } catch (IOException e) {
        throw new UncheckedIOException("cannot create the database " + file, e);
      }
    }
  }
}
