package dev.ash.gateway.server;

import java.util.function.BiConsumer;

/**
 * What an answer says that it used; each token is counted in one kind only.
 *
 * @param input not from the cache, and not written to it
 */
record TokenUsage(long input, long output, long cacheWrite5m, long cacheWrite1h, long cacheRead) {
  static final TokenUsage NONE = new TokenUsage(0, 0, 0, 0, 0);

  long total() {
    return input + output + cacheWrite5m + cacheWrite1h + cacheRead;
  }

  /** The kinds by name, as audit lines and metrics have them. */
  void each(BiConsumer<String, Long> kind) {
    kind.accept("input", input);
    kind.accept("output", output);
    kind.accept("cache_write_5m", cacheWrite5m);
    kind.accept("cache_write_1h", cacheWrite1h);
    kind.accept("cache_read", cacheRead);
  }
}
