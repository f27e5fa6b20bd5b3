package dev.ash.gateway.server;

import dev.ash.gateway.config.GatewayConfig.HeaderRule;
import dev.ash.gateway.config.GatewayConfig.HeaderValue;
import dev.ash.gateway.config.GatewayConfig.Upstream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.eclipse.jetty.http.HttpFields;

/**
 * Which headers pass. Everything does, except what ends at this hop, what says who the client is,
 * and what the rules change: next year's {@code anthropic-*} header must work without a release.
 */
final class HeaderPolicy {
  private static final Set<String> HOP =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "expect",
          "host",
          "content-length");
  private static final Set<String> IDENTITY =
      Set.of("authorization", "x-api-key", "cookie", "forwarded", "x-real-ip");
  private static final List<String> IDENTITY_PREFIXES = List.of("proxy-", "x-forwarded-");

  record Header(String name, String value) {}

  private final List<HeaderRule> rules;
  private final boolean countTokens;

  HeaderPolicy(List<HeaderRule> rules, boolean countTokens) {
    this.rules = rules;
    this.countTokens = countTokens;
  }

  List<Header> upstream(HttpFields request, Upstream upstream) {
    var gone = namedByConnection(request);
    var headers = new ArrayList<Header>();
    for (var field : request) {
      var name = field.getLowerCaseName();
      // An underscore is a hyphen to many servers, and so a way around a list of names.
      if (!HOP.contains(name) && !gone.contains(name) && !isIdentity(name.replace('_', '-'))) {
        headers.add(new Header(field.getName(), Optional.ofNullable(field.getValue()).orElse("")));
      }
    }
    for (var rule : rules) {
      apply(rule, request, headers);
    }
    if (countTokens) {
      set(headers, "accept-encoding", "identity");
    }
    upstream.headers().forEach((name, value) -> set(headers, name, value));
    upstream.credential().ifPresent(c -> set(headers, c.header(), c.value().reveal()));
    return headers;
  }

  /** Cookies stay here: they would be one caller's, and the upstream's account is everybody's. */
  static boolean passesBack(String name) {
    var lower = name.toLowerCase(Locale.ROOT);
    return !HOP.contains(lower)
        && !lower.startsWith(":")
        && !lower.equals("set-cookie")
        && !lower.equals("date")
        && !lower.startsWith("proxy-");
  }

  private static void apply(HeaderRule rule, HttpFields request, List<Header> headers) {
    var present = headers.stream().anyMatch(h -> h.name().equalsIgnoreCase(rule.name()));
    var value =
        switch (rule.value()) {
          case HeaderValue.Constant(var text) -> Optional.of(text);
          case HeaderValue.FromRequest(var name) -> Optional.ofNullable(request.get(name));
        };
    switch (rule.action()) {
      case REMOVE -> headers.removeIf(h -> h.name().equalsIgnoreCase(rule.name()));
      case DEFAULT -> value.filter(_ -> !present).ifPresent(v -> set(headers, rule.name(), v));
      case SET -> value.ifPresent(v -> set(headers, rule.name(), v));
    }
  }

  private static void set(List<Header> headers, String name, String value) {
    headers.removeIf(h -> h.name().equalsIgnoreCase(name));
    headers.add(new Header(name, value));
  }

  private static boolean isIdentity(String name) {
    return IDENTITY.contains(name) || IDENTITY_PREFIXES.stream().anyMatch(name::startsWith);
  }

  private static Set<String> namedByConnection(HttpFields request) {
    var names = new HashSet<String>();
    for (var value : request.getValuesList("connection")) {
      for (var name : value.split(",", -1)) {
        names.add(name.strip().toLowerCase(Locale.ROOT));
      }
    }
    return names;
  }
}
