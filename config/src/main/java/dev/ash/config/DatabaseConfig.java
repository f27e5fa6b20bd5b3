package dev.ash.config;

import com.typesafe.config.Config;
import java.net.URI;
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
    Require.that(
        url.startsWith("postgres://") || url.startsWith("postgresql://"),
        "ASH_DATABASE_URL",
        url.replaceAll("//[^@/]*@", "//***@"),
        "postgres://user:password@host:port/database, or nothing for SQLite");
    return postgres(URI.create(url));
  }

  private static Postgres postgres(URI url) {
    var query = url.getRawQuery() == null ? "" : "&" + url.getRawQuery();
    var port = url.getPort() < 0 ? 5432 : url.getPort();
    var jdbc =
        "jdbc:postgresql://%s:%d%s?%s%s"
            .formatted(url.getHost(), port, url.getPath(), BATCHED, query);
    var userInfo = Optional.ofNullable(url.getUserInfo());
    var colon = userInfo.map(info -> info.indexOf(':')).orElse(-1);
    return new Postgres(
        jdbc,
        userInfo.map(info -> colon < 0 ? info : info.substring(0, colon)),
        userInfo.filter(_ -> colon >= 0).map(info -> new Secret(info.substring(colon + 1))));
  }
}
