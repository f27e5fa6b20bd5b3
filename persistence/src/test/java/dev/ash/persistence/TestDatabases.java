package dev.ash.persistence;

import dev.ash.config.DatabaseConfig;
import dev.ash.persistence.Database.Dialect;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** Empty databases: a file in a folder, or one of a PostgreSQL server that ends with this JVM. */
public final class TestDatabases {
  public static final Instant NOW = Instant.parse("2026-11-22T10:00:00.123Z");
  public static final InstantSource CLOCK = InstantSource.fixed(NOW);

  private static final AtomicInteger COUNTER = new AtomicInteger();

  private TestDatabases() {}

  /** A database without a schema. */
  public static DatabaseConfig empty(Dialect dialect, Path folder) {
    return switch (dialect) {
      case SQLITE -> new DatabaseConfig.Sqlite(folder.resolve("ash.db"));
      case POSTGRESQL -> Server.newDatabase();
    };
  }

  /** A database with the newest schema. */
  public static DatabaseConfig migrated(Dialect dialect, Path folder) {
    var config = empty(dialect, folder);
    Migrations.run(config, CLOCK);
    return config;
  }

  /** Settings of an actor system of one process whose journal is in this database. */
  public static Map<String, Object> settings(DatabaseConfig config) {
    var keys = new HashMap<>(DatabaseSettings.overrides(config));
    keys.put("pekko.actor.provider", "local");
    keys.put("pekko.loglevel", "WARNING");
    return keys;
  }

  private static final class Server {
    private static final EmbeddedPostgres POSTGRES = start();

    private static EmbeddedPostgres start() {
      try {
        return EmbeddedPostgres.builder().setServerConfig("max_connections", "200").start();
      } catch (IOException e) {
        throw new UncheckedIOException("starting PostgreSQL", e);
      }
    }

    static DatabaseConfig newDatabase() {
      var name = "test" + COUNTER.incrementAndGet();
      try (var connection = POSTGRES.getPostgresDatabase().getConnection();
          var statement = connection.createStatement()) {
        statement.execute("CREATE DATABASE " + name);
      } catch (SQLException e) {
        throw new IllegalStateException("creating " + name, e);
      }
      return new DatabaseConfig.Postgres(
          "jdbc:postgresql://localhost:%d/%s?reWriteBatchedInserts=true"
              .formatted(POSTGRES.getPort(), name),
          Optional.of("postgres"),
          Optional.empty());
    }
  }
}
