package dev.ash.node.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ash.node.model.Stats;
import dev.ash.node.sandbox.Places;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

final class TelemetryTest {
  private static final Stats MODEL = new Stats(7, 2, 1, 0, 0, 300, 4000, 3);

  @Test
  void countsWhatWasToldBeforeItStarted() {
    try (var telemetry = new Telemetry()) {
      telemetry.turnStarted();
      telemetry.turnContinued();
      telemetry.rateLimited("all");
      assertThat(telemetry.scrape()).isEmpty();

      telemetry.start(() -> MODEL, new Places(3, InstantSource.system()));

      var page =
          await()
              .atMost(Duration.ofSeconds(30))
              .until(
                  () -> PrometheusText.parse(telemetry.scrape()),
                  p -> p.sum("ash_http_rate_limited_total") > 0);
      assertThat(page.sum("ash_turns_started_total")).isPositive();
      assertThat(page.sum("ash_http_rate_limited_total", "allowance=\"all\"")).isPositive();
      assertThat(page.families()).contains("ash_model_calls_open", "ash_sandboxes");
    }
  }
}
