package dev.ash.client.http;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Optional;

/**
 * Which server, with which key.
 *
 * @param url {@code http://host:port} or {@code https://host}, a path in front of the API's if
 *     there is one, without a slash at the end
 * @param key sent as a bearer token with every call of {@code /api}
 * @param connect how long connecting may take
 * @param answer how long the head of an answer may take
 * @param pause how long the body of an answer may stand still
 */
public record Target(
    String url, Optional<String> key, Duration connect, Duration answer, Duration pause) {
  /** Long enough for a create or resume that waits for a sandbox. */
  public static final Duration ANSWER = Duration.ofMinutes(3);

  public static final Duration CONNECT = Duration.ofSeconds(10);

  public static final Duration PAUSE = Duration.ofSeconds(60);

  /**
   * Checks both.
   *
   * @throws IllegalArgumentException with a text for a person, which never shows the key
   */
  public Target {
    url = checked(url);
    key.ifPresent(Target::check);
  }

  /** The form in which server addresses are compared and saved. */
  private static String checked(String url) {
    try {
      var parsed = new URI(url.strip());
      var scheme = String.valueOf(parsed.getScheme());
      if ((scheme.equals("http") || scheme.equals("https"))
          && parsed.getHost() != null
          && parsed.getRawUserInfo() == null
          && parsed.getRawQuery() == null
          && parsed.getRawFragment() == null) {
        return parsed.toString().replaceFirst("/+$", "");
      }
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(badUrl(url), e);
    }
    throw new IllegalArgumentException(badUrl(url));
  }

  private static String badUrl(String url) {
    return "server url: " + url + " (expected: http://host:port or https://host)";
  }

  private static void check(String key) {
    if (!key.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new IllegalArgumentException("api key: (expected: printable ASCII without spaces)");
    }
  }
}
