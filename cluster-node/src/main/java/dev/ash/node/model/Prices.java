package dev.ash.node.model;

import dev.ash.config.PriceConfig;
import dev.ash.persistence.table.ModelCall.Usage;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What tokens cost, in billionths of a US dollar. */
final class Prices {
  private static final Usage OF_EACH = new Usage(1_000, 1_000, 0, 0);

  private final List<Price> prices;

  /**
   * The price of some models.
   *
   * @param label stands for them in metrics
   */
  record Price(Pattern models, String label, PriceConfig config) {

    /** Rounded to a billionth for each kind of token. */
    long nanos(Usage usage, long longCacheWrite) {
      return config.nanos(
          usage.input(),
          usage.output(),
          usage.cacheWrite() - longCacheWrite,
          longCacheWrite,
          usage.cacheRead());
    }
  }

  Prices(List<PriceConfig> configs) {
    prices =
        configs.stream().map(c -> new Price(Patterns.of(c.model()), label(c.model()), c)).toList();
  }

  /** A label without text would be left out. */
  private static String label(String pattern) {
    var text = pattern.replace("*", "");
    return text.isEmpty() ? "other" : text;
  }

  /** The price of a model that goes by several names. */
  Price dearest(List<String> names, String name) {
    return Stream.concat(Stream.of(name), names.stream())
        .map(this::of)
        .max(Comparator.comparingLong(price -> price.nanos(OF_EACH, 0)))
        .orElseThrow();
  }

  /** Nothing is free by mistake: a model without a price costs as the last one in the list. */
  Price of(String model) {
    return prices.stream()
        .filter(price -> price.models().matcher(model).matches())
        .findFirst()
        .orElseGet(
            () ->
                prices.isEmpty()
                    ? new Price(
                        Patterns.of("*"), label("*"), new PriceConfig("*", 15, 75, 18.75, 30, 1.5))
                    : prices.getLast());
  }
}
