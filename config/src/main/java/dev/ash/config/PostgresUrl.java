package dev.ash.config;

import dev.ash.config.DatabaseConfig.Postgres;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * {@code ASH_DATABASE_URL} taken apart. Not by {@link java.net.URI}: it knows no host with an
 * underscore, which is what a compose file's are called, and puts a password that it does not like
 * into its message.
 */
final class PostgresUrl {
  private static final String KEY = "ASH_DATABASE_URL";
  private static final String FORM =
      "postgres://user:password@host:port/database with / ? @ % of a password as %2F %3F %40 %25, or"
          + " nothing for SQLite";

  private static final Pattern SCHEME = Pattern.compile("postgres(?:ql)?://");
  private static final Pattern HOST =
      Pattern.compile("(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.%]+])(?::(\\d{1,5}))?");
  private static final Pattern REST = Pattern.compile("[\\x21-\\x7e&&[^#]]*");
  private static final int DEFAULT_PORT = 5432;
  private static final int LAST_PORT = 65_535;

  private PostgresUrl() {}

  /**
   * Parameters after the question mark, such as {@code sslmode}, go to the driver as they are.
   *
   * @throws InvalidConfigException that names the URL without its password
   */
  static Postgres parse(String url) {
    var scheme = SCHEME.matcher(url);
    check(scheme.lookingAt(), url, FORM);
    var afterScheme = url.substring(scheme.end());
    var at = afterScheme.lastIndexOf('@', firstOf(afterScheme, "/?"));
    var login = at < 0 ? "" : afterScheme.substring(0, at);
    var place = afterScheme.substring(at + 1);
    var hostEnd = firstOf(place, "/?");
    var question = place.indexOf('?');
    var path = place.substring(hostEnd, question < 0 ? place.length() : question);
    var query = question < 0 ? "" : place.substring(question + 1);
    check(REST.matcher(path + query).matches(), url, "no spaces and no # after the host");
    var jdbc =
        "jdbc:postgresql://%s%s?%s%s"
            .formatted(
                hosts(url, place.substring(0, hostEnd)),
                path.isEmpty() ? "/" : path,
                DatabaseConfig.BATCHED,
                query.isEmpty() ? "" : "&" + query);
    var colon = login.indexOf(':');
    var user = decoded(url, colon < 0 ? login : login.substring(0, colon));
    return new Postgres(
        jdbc,
        Optional.of(user).filter(name -> !name.isEmpty()),
        colon < 0
            ? Optional.empty()
            : Optional.of(new Secret(decoded(url, login.substring(colon + 1)))));
  }

  private static int firstOf(String text, String characters) {
    for (var i = 0; i < text.length(); i++) {
      if (characters.indexOf(text.charAt(i)) >= 0) {
        return i;
      }
    }
    return text.length();
  }

  /** One or several, separated by commas, each with its port. */
  private static String hosts(String url, String text) {
    var hosts = new StringBuilder();
    for (var host : text.split(",", -1)) {
      var matcher = HOST.matcher(host);
      check(matcher.matches(), url, FORM);
      var port = matcher.group(1) == null ? DEFAULT_PORT : Integer.parseInt(matcher.group(1));
      check(port > 0 && port <= LAST_PORT, url, "a port of 1..65535");
      hosts.append(hosts.isEmpty() ? "" : ",");
      hosts.append(matcher.group(1) == null ? host + ":" + port : host);
    }
    return hosts.toString();
  }

  private static String decoded(String url, String text) {
    try {
      // Here a plus is a plus.
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      throw wrong(url, FORM);
    }
  }

  private static void check(boolean holds, String url, String expected) {
    if (!holds) {
      throw wrong(url, expected);
    }
  }

  private static InvalidConfigException wrong(String url, String expected) {
    return new InvalidConfigException(
        KEY + ": " + withoutPassword(url) + " (expected: " + expected + ")");
  }

  /** All up to the last @ is hidden: which part of a broken URL is the password, nobody knows. */
  private static String withoutPassword(String url) {
    var at = url.lastIndexOf('@');
    var scheme = SCHEME.matcher(url);
    return at < 0 ? url : (scheme.lookingAt() ? scheme.group() : "") + "***" + url.substring(at);
  }
}
