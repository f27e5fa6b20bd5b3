package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.gateway.config.GatewayConfig;
import dev.ash.gateway.config.GatewayConfig.Access;
import dev.ash.gateway.config.GatewayConfig.Addresses;
import dev.ash.gateway.config.GatewayConfig.Allowance;
import dev.ash.gateway.config.GatewayConfig.Consumer;
import dev.ash.gateway.config.GatewayConfig.Quota;
import dev.ash.gateway.server.GatewayServer;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** Gateways that count together in a real Redis that is well. */
@Timeout(60)
final class SharedLimitsTest {
  /** So long that a slow machine does not make it a failure of Redis. */
  private static final String PATIENT = "timeout: 5s, onFailure: closed, url: '%s'";

  @TempDir Path folder;
  @RegisterExtension private final BothEnds ends = new BothEnds();

  @Test
  void manyCallsAtOnceThroughThreeGatewaysGetTheLimitAndNotOneMore() throws Exception {
    var answers = new ArrayList<HttpResponse<String>>();
    try (var redis = RealRedis.start(folder);
        var both = SharedGateways.start(3, ends.http(), together(redis, 60));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var calls =
          IntStream.range(0, 160)
              .<Callable<HttpResponse<String>>>mapToObj(i -> () -> both.call(i % 3, "hello"))
              .toList();
      for (Future<HttpResponse<String>> call : threads.invokeAll(calls)) {
        answers.add(call.get());
      }
    }

    var rooms = new HashSet<String>();
    for (var answer : answers) {
      assertThat(answer.headers().firstValue("x-ratelimit-limit")).contains("60");
      if (answer.statusCode() == 200) {
        rooms.add(answer.headers().firstValue("x-ratelimit-remaining").orElse(""));
      } else {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(429);
        var wait = Integer.parseInt(answer.headers().firstValue("retry-after").orElse("0"));
        assertThat(wait).isBetween(1, 60);
      }
    }
    assertThat(answers).filteredOn(a -> a.statusCode() == 200).hasSize(60);
    // Each of them was counted for itself: none saw the room that another one saw.
    assertThat(rooms).hasSize(60).contains("59", "0");
  }

  @Test
  void aRefusedCallIsCountedInNoWindow() throws Exception {
    try (var redis = RealRedis.start(folder);
        var both =
            SharedGateways.start(
                ends,
                "requestsPerMinute: 5\n    requestsPerHour: 9\n    requestsPerDay: 2",
                PATIENT.formatted(redis.url()));
        var client = redis.client()) {
      assertThat(both.call(0, "hello").headers().firstValue("x-ratelimit-limit")).contains("2");
      assertThat(both.status(1)).isEqualTo(200);
      var refused = both.call(0, "hello");
      assertThat(both.status(1)).isEqualTo(429);

      assertThat(refused.statusCode()).isEqualTo(429);
      assertThat(Integer.parseInt(refused.headers().firstValue("retry-after").orElse("0")))
          .isBetween(86_000, 86_400);
      var windows = client.keys("ash:limits:{*");
      assertThat(windows).hasSize(3).allMatch(key -> client.llen(key) == 2);
    }
  }

  @Test
  void theWindowSlidesAndAKeyThatNobodyUsesGoes() throws Exception {
    try (var redis = RealRedis.start(folder);
        var client = redis.client()) {
      var brief = new Allowance(List.of(new Quota(2, Duration.ofSeconds(1))), none(), List.of());
      try (var gateway = Rig.start(with(together(redis, 1), brief))) {
        var granted = new ArrayList<Instant>();
        Awaitility.await()
            .atMost(Duration.ofSeconds(30))
            .pollInterval(Duration.ofMillis(20))
            .until(
                () -> {
                  var before = Instant.now();
                  var said = called(gateway);
                  if (said.statusCode() == 200) {
                    granted.add(before);
                    granted.add(Instant.now());
                  }
                  return granted.size() == 12;
                });

        // From before the first of any three in a row to behind the third a window has passed.
        for (var i = 0; i + 2 < 6; i++) {
          assertThat(Duration.between(granted.get(2 * i), granted.get(2 * i + 5)))
              .isGreaterThanOrEqualTo(Duration.ofSeconds(1));
        }
      }
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() -> assertThat(client.keys("*")).isEmpty());
    }
  }

  /** As plugins of Kong for everything, a service and a route. */
  @Test
  void severalLimitsOfOneWindowAreTheSmallest() throws Exception {
    var minute = Duration.ofMinutes(1);
    var quotas = List.of(new Quota(9, minute), new Quota(3, minute), new Quota(5, minute));
    try (var redis = RealRedis.start(folder);
        var gateway =
            Rig.start(with(together(redis, 1), new Allowance(quotas, none(), List.of())))) {
      for (var i = 2; i >= 0; i--) {
        var passed = called(gateway);
        assertThat(passed.statusCode()).isEqualTo(200);
        assertThat(passed.headers().firstValue("x-ratelimit-remaining")).contains("" + i);
      }
      assertThat(called(gateway).statusCode()).isEqualTo(429);
    }
  }

  @Test
  void aClockThatSteppedForwardAndBackKeepsNobodyOut() throws Exception {
    try (var redis = RealRedis.start(folder);
        var both =
            SharedGateways.start(
                ends,
                "requestsPerMinute: 1\n    tokensPerMinute: 100000",
                PATIENT.formatted(redis.url()));
        var client = redis.client()) {
      assertThat(both.status(0)).isEqualTo(200);
      assertThat(both.status(1)).isEqualTo(429);
      Awaitility.await().untilAsserted(() -> assertThat(client.keys("*:tokens")).hasSize(1));
      var tomorrow = Instant.now().plus(Duration.ofDays(1));
      client.lset(client.keys("*:60").iterator().next(), 0, "" + tomorrow.toEpochMilli());
      client.hset(
          client.keys("*:tokens").iterator().next(), "" + tomorrow.getEpochSecond(), "100000");

      assertThat(both.status(1)).isEqualTo(200);
      assertThat(both.status(0)).isEqualTo(429);
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThat(client.hkeys(client.keys("*:tokens").iterator().next()))
                      .doesNotContain("" + tomorrow.getEpochSecond()));
    }
  }

  private HttpResponse<String> called(GatewayServer gateway) throws Exception {
    return ends.http()
        .send(
            Calls.request(gateway.url() + "/v1/messages", "hello").build(),
            HttpResponse.BodyHandlers.ofString());
  }

  private static GatewayConfig with(String yaml, Allowance allowance) throws Exception {
    var config = Rig.config(yaml);
    var consumer = config.access().consumers().getFirst();
    return config.with(
        new Access(
            false,
            Optional.empty(),
            List.of(new Consumer(consumer.name(), consumer.keys(), List.of(), allowance)),
            Optional.empty(),
            Optional.empty(),
            Addresses.all()));
  }

  private static OptionalLong none() {
    return OptionalLong.empty();
  }

  @Test
  void tokensThatOneGatewayCountsAreSpentAtTheOther() throws Exception {
    var script = "SCN:[{\"text\":\"a\",\"usage\":{\"input_tokens\":90,\"output_tokens\":20}}]";
    try (var redis = RealRedis.start(folder);
        var both =
            SharedGateways.start(ends, "tokensPerMinute: 100", PATIENT.formatted(redis.url()))) {
      assertThat(both.call(0, script).statusCode()).isEqualTo(200);

      // They are counted beside the answer's end.
      Awaitility.await().until(() -> both.status(1) == 429);
      var refused = both.call(1, script);
      assertThat(refused.body()).contains("Token limit of this key exceeded");
      assertThat(Integer.parseInt(refused.headers().firstValue("retry-after").orElse("0")))
          .isBetween(20, 61);
    }
  }

  @Test
  void noKeyTellsWhoCallsAndEachEndsByItself() throws Exception {
    try (var redis = RealRedis.start(folder);
        var both =
            SharedGateways.start(
                ends,
                "requestsPerMinute: 5\n    tokensPerMinute: 100000",
                PATIENT.formatted(redis.url()) + ", keyPrefix: 'gw:prod:'");
        var client = redis.client()) {
      assertThat(both.status(0)).isEqualTo(200);

      Awaitility.await().untilAsserted(() -> assertThat(client.keys("gw:prod:{*")).hasSize(2));
      assertThat(client.keys("*"))
          .allMatch(key -> key.matches("gw:prod:(probe|\\{[0-9a-f]{32}}:(60|tokens))"))
          .allMatch(key -> client.ttl(key) >= 0);
    }
  }

  /** The guide names exactly these. */
  @Test
  void aUserWithNoMoreRightsThanTheGuideNamesIsEnough() throws Exception {
    try (var redis = RealRedis.start(folder);
        var client = redis.client()) {
      client.aclSetUser(
          "gateway",
          ("on >canary-redis-password ~ash:limits:* -@all +@connection +eval +evalsha +time +llen"
                  + " +lindex +rpush +ltrim +del +pexpire +expire +hgetall +hkeys +hincrby +hdel")
              .split(" ", -1));
      var login = ", username: gateway, password: canary-redis-password";
      try (var both =
          SharedGateways.start(
              ends,
              "requestsPerMinute: 2\n    tokensPerMinute: 100000",
              PATIENT.formatted(redis.url()) + login)) {
        assertThat(both.status(0)).isEqualTo(200);
        assertThat(both.status(1)).isEqualTo(200);
        assertThat(both.status(0)).isEqualTo(429);
        Awaitility.await().untilAsserted(() -> assertThat(client.keys("*:tokens")).hasSize(1));
      }
    }
  }

  @Test
  void aRedisThatForgotItsScriptsOrClosedIdleConnectionsFailsNoCall() throws Exception {
    try (var redis = RealRedis.start(folder);
        var both =
            SharedGateways.start(ends, "requestsPerMinute: 4", PATIENT.formatted(redis.url()));
        var client = redis.client()) {
      assertThat(both.status(0)).isEqualTo(200);
      client.scriptFlush();
      assertThat(both.status(0)).isEqualTo(200);
      client.clientKill(new ClientKillParams().type(ClientType.NORMAL));
      assertThat(both.status(0)).isEqualTo(200);
      assertThat(both.status(1)).isEqualTo(200);

      assertThat(both.status(1)).isEqualTo(429);
      assertThat(both.metrics(0)).contains("gateway_unshared_limits_total{decision=\"closed\"} 0");
    }
  }

  @Test
  void aReloadMovesTheCountersToRedisAndLeavesThemThere() throws Exception {
    try (var redis = RealRedis.start(folder);
        var both = SharedGateways.start(2, ends.http(), alone(3))) {
      assertThat(both.status(0)).isEqualTo(200);
      for (var i = 0; i < 2; i++) {
        both.gateway(i).reload(Rig.config(together(redis, 3)));
      }
      for (var i = 0; i < 3; i++) {
        assertThat(both.status(i % 2)).isEqualTo(200);
      }
      assertThat(both.status(1)).isEqualTo(429);

      // Another limit over the same window counts on.
      both.gateway(1).reload(Rig.config(together(redis, 4)));
      assertThat(both.status(1)).isEqualTo(200);
      assertThat(both.status(1)).isEqualTo(429);
      both.gateway(1).reload(Rig.config(alone(9)));
      redis.kill();
      assertThat(both.status(1)).isEqualTo(200);
    }
  }

  private String alone(int limit) {
    return Rig.yaml(ends.model().url(), "requestsPerMinute: " + limit);
  }

  private String together(RealRedis redis, int limit) {
    return SharedGateways.yaml(
        ends.model(), "requestsPerMinute: " + limit, PATIENT.formatted(redis.url()));
  }
}
