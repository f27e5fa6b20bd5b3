package dev.ash.node.api.http;

import dev.ash.config.HttpConfig;
import dev.ash.config.InvalidConfigException;
import dev.ash.config.RateRule;
import dev.ash.node.auth.Caller;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.pekko.http.javadsl.model.HttpHeader;

/**
 * Counts requests per caller in windows that begin with a caller's first request. Safe for use from
 * many threads.
 */
final class RateLimits {
  /** A caller that is forgotten starts anew, so the table may be small without harm to others. */
  private static final int MAX_CALLERS = 50_000;

  private static final Comparator<RateRule> MOST_SPECIFIC_FIRST =
      Comparator.<RateRule, Boolean>comparing(rule -> rule.route().isEmpty())
          .thenComparing(rule -> rule.subject().isEmpty())
          .thenComparing(RateRule::scope);

  private final HttpConfig config;
  private final List<RateRule> rules;
  private final InstantSource clock;
  private final Map<Key, Window> windows =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Window> eldest) {
          return size() > MAX_CALLERS;
        }
      };

  /**
   * Who is counted, and of what.
   *
   * @param what the rule, or the usual number, that the requests are counted for
   */
  private record Key(Object what, String caller) {}

  private record Window(Instant end, int used) {}

  /**
   * What a caller has left.
   *
   * @param seconds until the window ends
   */
  record Allowance(boolean exceeded, int limit, int remaining, long seconds) {

    List<HttpHeader> headers() {
      return List.of(
          Replies.header("x-ratelimit-limit", Integer.toString(limit)),
          Replies.header("x-ratelimit-remaining", Integer.toString(remaining)),
          Replies.header("x-ratelimit-reset", Long.toString(seconds)));
    }

    String wording() {
      var minutes = Math.round(seconds / 60.0);
      if (seconds < 60) {
        return seconds + (seconds == 1 ? " second" : " seconds");
      }
      return minutes + (minutes == 1 ? " minute" : " minutes");
    }
  }

  RateLimits(HttpConfig config, InstantSource clock) {
    this.config = config;
    this.clock = clock;
    this.rules = config.rateRules().stream().sorted(MOST_SPECIFIC_FIRST).toList();
  }

  /** Refuses rules for routes that are not there: they would be mistakes that nobody notices. */
  static void requireRoutes(HttpConfig config, Collection<Endpoint> endpoints) {
    var routes = endpoints.stream().map(RateLimits::route).collect(Collectors.toSet());
    for (var rule : config.rateRules()) {
      if (!rule.route().isEmpty() && !routes.contains(rule.route())) {
        throw new InvalidConfigException(
            "ASH_RATE_LIMITS: %s (expected: a route as /docs shows it, as in: POST /api/queue)"
                .formatted(rule.route()));
      }
    }
  }

  /**
   * Counts a request.
   *
   * @param address counted where there is no key
   */
  Allowance take(Endpoint endpoint, Optional<Caller> caller, Supplier<String> address) {
    if (caller.isEmpty()) {
      return take(endpoint.rate(), address.get(), usual(endpoint.rate()));
    }
    var key = caller.get().tenant() + "/" + caller.get().keyId();
    return rules.stream()
        .filter(rule -> isFor(rule, endpoint, caller.get()))
        .findFirst()
        .map(rule -> take(rule, counted(rule, caller.get(), key), rule.requests()))
        .orElseGet(() -> take(endpoint.rate(), key, usual(endpoint.rate())));
  }

  private int usual(Endpoint.Rate rate) {
    return switch (rate) {
      case ALL -> config.requestsPerWindow();
      case CREATE_SESSION, CREATE_AGENT -> config.createsPerWindow();
    };
  }

  private static boolean isFor(RateRule rule, Endpoint endpoint, Caller caller) {
    var name =
        switch (rule.scope()) {
          case KEY -> caller.keyId();
          case TENANT -> caller.tenant().value();
        };
    // A number for all routes does not lift the lower ones of those that create.
    var routeFits =
        rule.route().isEmpty()
            ? endpoint.rate() == Endpoint.Rate.ALL
            : rule.route().equals(route(endpoint));
    return routeFits && (rule.subject().isEmpty() || rule.subject().equals(name));
  }

  private static String counted(RateRule rule, Caller caller, String key) {
    return switch (rule.scope()) {
      case KEY -> key;
      case TENANT -> caller.tenant().value();
    };
  }

  private static String route(Endpoint endpoint) {
    return endpoint.method() + " " + endpoint.path();
  }

  private synchronized Allowance take(Object what, String caller, int limit) {
    var now = clock.instant();
    var window =
        windows.compute(
            new Key(what, caller),
            (_, known) ->
                known == null || !now.isBefore(known.end())
                    ? new Window(now.plus(config.rateWindow()), 1)
                    : new Window(known.end(), Math.min(known.used(), limit) + 1));
    var millis = java.time.Duration.between(now, window.end()).toMillis();
    return new Allowance(
        window.used() > limit,
        limit,
        Math.max(0, limit - window.used()),
        Math.ceilDiv(millis, 1000));
  }
}
