package dev.ash.node.api.http;

import dev.ash.config.HttpConfig;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.http.javadsl.model.HttpHeader;

/**
 * Counts requests per caller in windows that begin with a caller's first request. Safe for use from
 * many threads.
 */
final class RateLimits {
  /** A caller that is forgotten starts anew, so the table may be small without harm to others. */
  private static final int MAX_CALLERS = 50_000;

  private final HttpConfig config;
  private final InstantSource clock;
  private final Map<Key, Window> windows =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Window> eldest) {
          return size() > MAX_CALLERS;
        }
      };

  private record Key(Endpoint.Rate rate, String caller) {}

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
  }

  synchronized Allowance take(Endpoint.Rate rate, String caller) {
    var now = clock.instant();
    var limit =
        switch (rate) {
          case ALL -> config.requestsPerWindow();
          case CREATE_SESSION, CREATE_AGENT -> config.createsPerWindow();
        };
    var window =
        windows.compute(
            new Key(rate, caller),
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
