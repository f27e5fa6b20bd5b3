package dev.ash.gateway.server;

import dev.ash.config.PriceConfig;
import dev.ash.gateway.config.Parts;
import java.util.List;
import java.util.OptionalLong;

/** What calls cost. */
final class PriceList {
  private final List<PriceConfig> prices;

  PriceList(List<PriceConfig> prices) {
    this.prices = List.copyOf(prices);
  }

  /** In billionths of a US dollar; empty when nobody has said what the model costs. */
  OptionalLong nanos(String model, TokenUsage used) {
    return prices.stream()
        .filter(price -> Parts.matches(price.model(), model))
        .mapToLong(
            price ->
                price.nanos(
                    used.input(),
                    used.output(),
                    used.cacheWrite5m(),
                    used.cacheWrite1h(),
                    used.cacheRead()))
        .findFirst();
  }
}
