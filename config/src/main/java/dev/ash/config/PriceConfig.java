package dev.ash.config;

import com.typesafe.config.Config;
import java.util.Set;

/**
 * What the tokens of a model cost, in US dollars per million.
 *
 * @param model a model's name, with {@code *} for any text
 * @param longCacheWrite for what is cached for an hour
 */
public record PriceConfig(
    String model,
    double input,
    double output,
    double cacheWrite,
    double longCacheWrite,
    double cacheRead) {

  private static final Set<String> KEYS =
      Set.of("model", "input", "output", "cache-write", "long-cache-write", "cache-read");

  public PriceConfig {
    Require.that(
        input >= 0 && output >= 0 && cacheWrite >= 0 && longCacheWrite >= 0 && cacheRead >= 0,
        "ash.model.prices " + model,
        "a negative price",
        "US dollars per million tokens");
  }

  /** Where a price for the cache is not given it is the usual multiple of the input's. */
  static PriceConfig from(Config c) {
    var unknown = c.root().keySet().stream().filter(key -> !KEYS.contains(key)).sorted().toList();
    Require.that(unknown.isEmpty(), "ash.model.prices", unknown, "only " + KEYS);
    var input = c.getDouble("input");
    return new PriceConfig(
        c.getString("model"),
        input,
        c.getDouble("output"),
        or(c, "cache-write", 1.25 * input),
        or(c, "long-cache-write", 2 * input),
        or(c, "cache-read", 0.1 * input));
  }

  private static double or(Config c, String key, double otherwise) {
    return c.hasPath(key) ? c.getDouble(key) : otherwise;
  }
}
