package dev.ash.config;

import com.typesafe.config.Config;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/** Where everything durable is kept: SQLite in the data folder, or a PostgreSQL server. */
public sealed interface DatabaseConfig {

  /**
   * A file on this machine.
   *
   * @param file the database; its -wal and -shm files lie beside it
   */
  record Sqlite(Path file) implements DatabaseConfig {
    public String jdbcUrl() {
      return "jdbc:sqlite:"
          + file
          + "?journal_mode=WAL&synchronous=FULL&busy_timeout=10000&foreign_keys=true"
          + "&transaction_mode=IMMEDIATE";
    }
  }

  record Postgres(String jdbcUrl, Optional<String> user, Optional<Secret> password)
      implements DatabaseConfig {

    /** The same as {@code ASH_DATABASE_URL} writes it, for a node that is to use it too. */
    public Secret url() {
      var place =
          jdbcUrl
              .substring("jdbc:postgresql://".length())
              .replaceFirst("\\?" + BATCHED + "&", "?")
              .replaceFirst("\\?" + BATCHED + "$", "");
      var login =
          user.map(Postgres::escaped).orElse("")
              + password.map(secret -> ":" + escaped(secret.reveal())).orElse("");
      return new Secret("postgres://" + (login.isEmpty() ? "" : login + "@") + place);
    }

    private static String escaped(String text) {
      return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
  }

  /** Several inserts of a batch in one statement. */
  String BATCHED = "reWriteBatchedInserts=true";

  static DatabaseConfig from(Config c, Path dataDir) {
    var url = c.getString("url");
    if (url.isEmpty()) {
      return new Sqlite(dataDir.resolve("ash.db"));
    }
    return PostgresUrl.parse(url);
  }
}
