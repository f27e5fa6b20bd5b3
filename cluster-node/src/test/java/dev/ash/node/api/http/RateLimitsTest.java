package dev.ash.node.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.config.InvalidConfigException;
import dev.ash.config.NodeConfig;
import dev.ash.node.auth.Caller;
import dev.ash.protocol.id.TenantId;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class RateLimitsTest {
  private static final Endpoint QUEUE = endpoint("/api/queue", Endpoint.Rate.ALL);
  private static final Endpoint USAGE = endpoint("/api/usage", Endpoint.Rate.ALL);
  private static final Endpoint CREATE = endpoint("/api/sessions", Endpoint.Rate.CREATE_SESSION);
  private static final Caller CI = new Caller(new TenantId("acme"), "ci");
  private static final Caller WEB = new Caller(new TenantId("acme"), "web");
  private static final Caller OTHER = new Caller(new TenantId("rival"), "ci2");

  private final Instant now = Instant.parse("2026-11-26T12:00:00Z");

  @Test
  void theMostSpecificRuleCounts() {
    var limits =
        limits(
            "key = 50, key(ci) = 40, tenant(acme) = 45,"
                + " key POST /api/queue = 30, tenant(acme) POST /api/queue = 20,"
                + " key(ci) POST /api/queue = 10");

    assertThat(limit(limits, QUEUE, CI)).isEqualTo(10);
    assertThat(limit(limits, QUEUE, WEB)).isEqualTo(20);
    assertThat(limit(limits, QUEUE, OTHER)).isEqualTo(30);
    assertThat(limit(limits, USAGE, CI)).isEqualTo(40);
    assertThat(limit(limits, USAGE, WEB)).isEqualTo(45);
    assertThat(limit(limits, USAGE, OTHER)).isEqualTo(50);
    assertThat(limit(limits, CREATE, CI)).isEqualTo(6000);
  }

  @Test
  void aTenantsKeysShareItsRuleAndEachKeyHasItsOwn() {
    var limits = limits("tenant POST /api/queue = 2, key POST /api/sessions = 1");

    assertThat(take(limits, QUEUE, CI).remaining()).isEqualTo(1);
    assertThat(take(limits, QUEUE, WEB).remaining()).isZero();
    assertThat(take(limits, QUEUE, WEB).exceeded()).isTrue();
    assertThat(take(limits, QUEUE, OTHER).exceeded()).isFalse();

    assertThat(take(limits, CREATE, CI).exceeded()).isFalse();
    assertThat(take(limits, CREATE, CI).exceeded()).isTrue();
    assertThat(take(limits, CREATE, WEB).exceeded()).isFalse();
    assertThat(take(limits, USAGE, CI).limit()).isEqualTo(300_000);
  }

  @Test
  void whatIsNoRuleIsNamed() {
    for (var wrong : List.of("key", "key = 0", "keys = 5", "key POST api/queue = 5", "key = x")) {
      assertThatThrownBy(() -> limits(wrong))
          .as(wrong)
          .isInstanceOf(InvalidConfigException.class)
          .hasMessageStartingWith("ASH_RATE_LIMITS: " + wrong);
    }
    assertThatThrownBy(() -> limits("key POST /api/queues = 5"))
        .hasMessage(
            "ASH_RATE_LIMITS: POST /api/queues"
                + " (expected: a route as /docs shows it, as in: POST /api/queue)");
  }

  private RateLimits limits(String rules) {
    var config = NodeConfig.from(NodeConfig.load(Map.of("ash.http.rate-limit.rules", rules)));
    RateLimits.requireRoutes(config.http(), List.of(QUEUE, USAGE, CREATE));
    return new RateLimits(config.http(), () -> now);
  }

  private static int limit(RateLimits limits, Endpoint endpoint, Caller caller) {
    return take(limits, endpoint, caller).limit();
  }

  private static RateLimits.Allowance take(RateLimits limits, Endpoint endpoint, Caller caller) {
    return limits.take(endpoint, Optional.of(caller), () -> "10.0.0.1");
  }

  private static Endpoint endpoint(String path, Endpoint.Rate rate) {
    return Endpoint.post(path, _ -> new CompletableFuture<>()).limitedAs(rate);
  }
}
