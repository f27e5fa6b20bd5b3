package dev.ash.persistence;

import dev.ash.config.DatabaseConfig;
import dev.ash.config.DatabaseConfig.Postgres;
import dev.ash.config.DatabaseConfig.Sqlite;
import dev.ash.config.Secret;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/**
 * The settings of the journal's connections that depend on where the database is; what never
 * changes is in {@code persistence.conf}. Why these numbers: docs/adr/0003.
 */
public final class DatabaseSettings {
  private static final int POSTGRES_CONNECTIONS = 8;
  private static final String DB = "pekko-persistence-jdbc.shared-databases.slick.";

  private DatabaseSettings() {}

  /** Keys to put over the configuration file before the actor system starts. */
  public static Map<String, Object> overrides(DatabaseConfig database) {
    var keys = new HashMap<String, Object>();
    switch (database) {
      case Sqlite sqlite -> {
        keys.put(DB + "profile", "slick.jdbc.SQLiteProfile$");
        keys.put(DB + "db.driver", "org.sqlite.JDBC");
        keys.put(DB + "db.url", sqlite.jdbcUrl());
        connections(keys, 1);
        // There is no server that could drop the connection, and a new one costs a checkpoint.
        keys.put(DB + "db.maxLifetime", 0);
        keys.put(DB + "db.idleTimeout", 0);
        keys.put("jdbc-journal.parallelism", 1);
      }
      case Postgres postgres -> {
        keys.put(DB + "profile", "slick.jdbc.PostgresProfile$");
        keys.put(DB + "db.driver", "org.postgresql.Driver");
        keys.put(DB + "db.url", postgres.jdbcUrl());
        properties(postgres)
            .forEach((name, value) -> keys.put(DB + "db.properties." + name, value));
        connections(keys, POSTGRES_CONNECTIONS);
        // A server that is away is to be told of soon: entities try again by themselves.
        keys.put(DB + "db.connectionTimeout", 5_000);
        keys.put(DB + "db.validationTimeout", 2_000);
        // Fewer writers make bigger batches: 2.8 times the rate of eight.
        keys.put("jdbc-journal.parallelism", 2);
      }
    }
    return Map.copyOf(keys);
  }

  /** What the PostgreSQL driver is given besides the URL. */
  static Properties properties(Postgres postgres) {
    var properties = new Properties();
    postgres.user().ifPresent(user -> properties.setProperty("user", user));
    postgres
        .password()
        .map(Secret::reveal)
        .ifPresent(password -> properties.setProperty("password", password));
    properties.setProperty("ApplicationName", "ash");
    properties.setProperty("connectTimeout", "4");
    // A server that vanished without a word must not hold a writer for ever.
    properties.setProperty("socketTimeout", "30");
    properties.setProperty("tcpKeepAlive", "true");
    return properties;
  }

  private static void connections(Map<String, Object> keys, int count) {
    keys.put(DB + "db.numThreads", count);
    keys.put(DB + "db.maxConnections", count);
    keys.put(DB + "db.minConnections", 1);
  }
}
