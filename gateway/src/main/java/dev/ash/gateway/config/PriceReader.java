package dev.ash.gateway.config;

import dev.ash.config.PriceConfig;
import java.util.ArrayList;
import java.util.List;

/** What tokens cost: the file's own prices before those of this release. */
final class PriceReader {
  private static final double CACHE_WRITE = 1.25;
  private static final double LONG_CACHE_WRITE = 2;
  private static final double CACHE_READ = 0.1;
  private static final double MOST = 1_000_000;

  private PriceReader() {}

  static List<PriceConfig> read(List<Fields> list) throws ConfigException {
    var prices = new ArrayList<PriceConfig>();
    for (var at : list) {
      var input = need(at, "input");
      prices.add(
          new PriceConfig(
              at.need("model", "a model's name, with * for any text"),
              input,
              need(at, "output"),
              at.decimal("cacheWrite5m", MOST).orElse(CACHE_WRITE * input),
              at.decimal("cacheWrite1h", MOST).orElse(LONG_CACHE_WRITE * input),
              at.decimal("cacheRead", MOST).orElse(CACHE_READ * input)));
      at.nothingElse();
    }
    prices.addAll(usual());
    return prices;
  }

  /** A bill needs no guess: the node's price for every other model is left out. */
  static List<PriceConfig> usual() {
    return PriceConfig.usual().stream().filter(price -> !price.model().equals("*")).toList();
  }

  private static double need(Fields at, String name) throws ConfigException {
    var price = at.decimal(name, MOST);
    if (price.isEmpty()) {
      throw new ConfigException(at.path(name), "missing", "US dollars per million tokens");
    }
    return price.getAsDouble();
  }
}
