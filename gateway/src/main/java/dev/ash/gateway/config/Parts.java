package dev.ash.gateway.config;

import dev.ash.config.PriceConfig;
import dev.ash.gateway.config.GatewayConfig.Allowance;
import dev.ash.gateway.config.GatewayConfig.Audit;
import dev.ash.gateway.config.GatewayConfig.HeaderRule;
import dev.ash.gateway.config.GatewayConfig.HeaderValue;
import dev.ash.gateway.config.GatewayConfig.Limits;
import dev.ash.gateway.config.GatewayConfig.Listen;
import dev.ash.gateway.config.GatewayConfig.Quota;
import dev.ash.gateway.config.GatewayConfig.Timeouts;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;

/** Values that every format has, checked once; and what holds when a file says nothing. */
public final class Parts {
  public static final String VERSION = "2023-06-01";
  public static final int MAX_REQUESTS = 100_000;
  private static final Pattern DURATION = Pattern.compile("(\\d{1,7})(ms|s|m|h|d)");
  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}");

  /** The HTTP client of the JDK refuses them, or would be led to say what is not so. */
  private static final Set<String> OF_CONNECTION =
      Set.of("connection", "content-length", "expect", "host", "transfer-encoding", "upgrade");

  private static final Pattern VALUE = Pattern.compile("[\\t\\x20-\\x7e]{0,8192}");

  private Parts() {}

  public static Duration duration(String where, String text) throws ConfigException {
    var match = DURATION.matcher(text);
    if (!match.matches()) {
      throw new ConfigException(where, text, "a time such as 500ms, 30s, 10m, 24h or 90d");
    }
    var number = Long.parseLong(match.group(1));
    var found =
        switch (match.group(2)) {
          case "ms" -> Duration.ofMillis(number);
          case "s" -> Duration.ofSeconds(number);
          case "m" -> Duration.ofMinutes(number);
          case "h" -> Duration.ofHours(number);
          default -> Duration.ofDays(number);
        };
    if (found.isZero()) {
      throw new ConfigException(where, text, "more than nothing");
    }
    return found;
  }

  /** The address before {@code /v1}: a path's end in {@code /v1} is taken off. */
  public static URI url(String where, String text) throws ConfigException {
    var expected = "an http or https address such as https://api.anthropic.com";
    try {
      var url = new URI(text.replaceFirst("/+$", "").replaceFirst("/v1$", ""));
      var scheme = url.getScheme();
      if (url.getHost() == null
          || !("http".equals(scheme) || "https".equals(scheme))
          || url.getUserInfo() != null
          || url.getQuery() != null
          || url.getFragment() != null) {
        throw new ConfigException(where, text, expected);
      }
      return url;
    } catch (URISyntaxException _) {
      throw new ConfigException(where, text, expected);
    }
  }

  /** Whether an address leads to this machine and cannot lead elsewhere. */
  public static boolean isThisMachine(String host) {
    return host.equals("localhost")
        || host.equals("::1")
        || host.equals("[::1]")
        || host.matches("127(\\.(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}");
  }

  public static String headerName(String where, String name) throws ConfigException {
    if (!TOKEN.matcher(name).matches()) {
      throw new ConfigException(where, name, "a header name");
    }
    return name;
  }

  /** Whether only the connection to an upstream can say it. */
  public static boolean isOfConnection(String name) {
    return OF_CONNECTION.contains(name.toLowerCase(Locale.ROOT));
  }

  /** The name of a header that may be given a value. */
  public static String settable(String where, String name) throws ConfigException {
    if (isOfConnection(name)) {
      throw new ConfigException(
          where, name, "another header: the connection to the upstream says this one itself");
    }
    return headerName(where, name);
  }

  public static String headerValue(String where, String value) throws ConfigException {
    if (!VALUE.matcher(value).matches()) {
      throw new ConfigException(where, "***", "visible ASCII without line ends");
    }
    return value;
  }

  /** A name to compare with, in which {@code *} stands for anything. */
  public static boolean matches(String pattern, String name) {
    var parts = pattern.split("\\*", -1);
    var regex = new StringBuilder();
    for (var i = 0; i < parts.length; i++) {
      regex.append(i == 0 ? "" : ".*").append(Pattern.quote(parts[i]));
    }
    return Pattern.matches(regex.toString(), name);
  }

  public static HeaderRule setting(
      String where, HeaderRule.Action action, String name, String value) throws ConfigException {
    return new HeaderRule(
        action, settable(where, name), new HeaderValue.Constant(headerValue(where, value)));
  }

  public static HeaderRule removing(String name) {
    return new HeaderRule(HeaderRule.Action.REMOVE, name, new HeaderValue.Constant(""));
  }

  /** What every dialect starts from: the version header is there even if the client forgot it. */
  public static List<HeaderRule> defaultHeaders() {
    return List.of(
        new HeaderRule(
            HeaderRule.Action.DEFAULT, "anthropic-version", new HeaderValue.Constant(VERSION)));
  }

  public static Allowance perMinute(int requests) {
    return new Allowance(
        List.of(new Quota(requests, Duration.ofMinutes(1))), OptionalLong.empty(), List.of());
  }

  public static Listen anyPort() {
    return new Listen("127.0.0.1", 0, "", Optional.empty(), Optional.empty());
  }

  public static Limits limits() {
    return new Limits(32 << 20, 512, 10, true, Optional.empty(), Optional.empty());
  }

  public static Timeouts timeouts() {
    return new Timeouts(
        Duration.ofSeconds(10),
        Duration.ofMinutes(10),
        Duration.ofMinutes(10),
        Duration.ofMinutes(1));
  }

  public static List<PriceConfig> prices() {
    return PriceReader.usual();
  }

  public static Audit auditToStdout() {
    return new Audit(Optional.empty(), Optional.empty(), Audit.OnFailure.CONTINUE);
  }
}
