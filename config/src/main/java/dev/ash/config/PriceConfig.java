package dev.ash.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.List;
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

  /** A price of one dollar for a million tokens is that many billionths for one. */
  private static final double NANOS_PER_TOKEN = 1_000;

  private static final Set<String> KEYS =
      Set.of("model", "input", "output", "cache-write", "long-cache-write", "cache-read");

  public PriceConfig {
    Require.that(
        input >= 0 && output >= 0 && cacheWrite >= 0 && longCacheWrite >= 0 && cacheRead >= 0,
        "ash.model.prices " + model,
        "a negative price",
        "US dollars per million tokens");
  }

  /** The prices that hold where an operator says nothing; the last one is for every other model. */
  public static List<PriceConfig> usual() {
    return ConfigFactory.parseResources(PriceConfig.class.getClassLoader(), "prices.conf")
        .getConfigList("prices")
        .stream()
        .map(PriceConfig::from)
        .toList();
  }

  /**
   * What tokens cost in billionths of a US dollar, rounded for each kind.
   *
   * @param cacheWritten for five minutes
   * @param longCacheWritten for an hour
   */
  public long nanos(
      long inputs, long outputs, long cacheWritten, long longCacheWritten, long cacheRead) {
    return nanos(inputs, input)
        + nanos(outputs, output)
        + nanos(cacheWritten, cacheWrite)
        + nanos(longCacheWritten, longCacheWrite)
        + nanos(cacheRead, this.cacheRead);
  }

  private static long nanos(long tokens, double price) {
    return Math.round(tokens * price * NANOS_PER_TOKEN);
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
