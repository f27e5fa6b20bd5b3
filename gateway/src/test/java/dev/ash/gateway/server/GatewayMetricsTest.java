package dev.ash.gateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class GatewayMetricsTest {
  private final GatewayMetrics metrics = new GatewayMetrics();

  @Test
  void anUpstreamThatIsGoneIsNotSparedForEver() throws Exception {
    metrics.knowsOnly(Set.of("old", "new"));
    metrics.spares("old", true);
    assertThat(text()).contains("gateway_upstream_spared{upstream=\"old\"} 1.0");

    metrics.knowsOnly(Set.of("new"));
    // A call that began before.
    metrics.spares("old", true);
    metrics.spares("new", true);
    assertThat(text())
        .doesNotContain("gateway_upstream_spared{upstream=\"old\"}")
        .contains("gateway_upstream_spared{upstream=\"new\"} 1.0");
  }

  @Test
  void aModelIsCalledByItsNameOnceItHasEarnedThat() {
    assertThat(metrics.label("m", false)).isEqualTo("other");
    assertThat(metrics.label("m", true)).isEqualTo("m");
    assertThat(metrics.label("m", false)).isEqualTo("m");
    for (var i = 1; i < 100; i++) {
      assertThat(metrics.label("m" + i, true)).isEqualTo("m" + i);
    }
    assertThat(metrics.label("one-more", true)).isEqualTo("other");
  }

  private String text() throws IOException {
    return new String(metrics.text(), UTF_8);
  }
}
