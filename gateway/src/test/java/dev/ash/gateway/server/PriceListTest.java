package dev.ash.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.config.PriceConfig;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The prices of this release, by the names that clients and clouds use. */
final class PriceListTest {
  /** In US dollars per million tokens, so thousands of a token's nanos. */
  @ParameterizedTest
  @CsvSource({
    "claude-opus-4, 15, 75",
    "claude-opus-4-0, 15, 75",
    "claude-opus-4-20250514, 15, 75",
    "claude-opus-4@20250514, 15, 75",
    "us.anthropic.claude-opus-4-20250514-v1:0, 15, 75",
    "claude-opus-4-1, 15, 75",
    "claude-opus-4-1-20250805, 15, 75",
    "claude-opus-4-1@20250805, 15, 75",
    "claude-opus-4-5, 5, 25",
    "claude-opus-4-5-20251101, 5, 25",
    "claude-opus-4-5@20251101, 5, 25",
    "us.anthropic.claude-opus-4-5-20251101-v1:0, 5, 25",
    "claude-opus-4-6, 5, 25",
    "claude-3-opus-20240229, 15, 75",
    "claude-3-opus@20240229, 15, 75",
    "claude-sonnet-4-0, 3, 15",
    "claude-sonnet-4@20250514, 3, 15",
    "claude-sonnet-4-5@20250929, 3, 15",
    "claude-3-7-sonnet@20250219, 3, 15",
    "claude-haiku-4-5@20251001, 1, 5",
    "claude-3-5-haiku@20241022, 0.8, 4",
    "claude-3-haiku@20240307, 0.25, 1.25"
  })
  void knowsTheModelsByAllTheirNames(String model, double input, double output) {
    var prices = new PriceList(PriceConfig.usual());

    assertThat(prices.nanos(model, new TokenUsage(1_000, 0, 0, 0, 0)))
        .hasValue(Math.round(input * 1_000_000));
    assertThat(prices.nanos(model, new TokenUsage(0, 1_000, 0, 0, 0)))
        .hasValue(Math.round(output * 1_000_000));
  }
}
