package dev.ash.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Gateways that count together in a real Redis that dies, hangs or does not let them in. */
@Timeout(90)
final class SharedLimitsFaultTest {
  private static final String PASSWORD = "canary-redis-password";

  @TempDir Path folder;
  @RegisterExtension private final BothEnds ends = new BothEnds();

  @Test
  void withoutRedisEachGatewayCountsByItselfAndGoesOnFromWhatItLetBy() throws Exception {
    try (var redis = RealRedis.start(folder);
        var log = new GatewayLog();
        var both = start(redis, "local", "4s")) {
      assertThat(statuses(both, 0, 2)).containsOnly(200);
      redis.kill();

      // It has let two by, and the other one none.
      assertThat(statuses(both, 0, 3)).containsExactly(200, 429, 429);
      assertThat(statuses(both, 1, 4)).containsExactly(200, 200, 200, 429);
      awaitReach(both, false);
      assertThat(both.metrics(0)).contains("gateway_unshared_limits_total{decision=\"local\"} 3");
      assertThat(log.lines("this gateway counts by itself")).isEqualTo(2);

      redis.restart();
      awaitReach(both, true);
      assertThat(log.lines("counts limits again")).isEqualTo(2);
      // It has forgotten everything; now it counts for both.
      assertThat(statuses(both, 0, 2)).containsOnly(200);
      assertThat(statuses(both, 1, 2)).containsExactly(200, 429);
      assertThat(statuses(both, 0, 1)).containsExactly(429);
    }
  }

  @Test
  void aRedisThatDiesUnderLoadFailsNoCallAndEachGatewayHasItsLimit() throws Exception {
    try (var redis = RealRedis.start(folder);
        var three =
            SharedGateways.start(
                3,
                ends.http(),
                SharedGateways.yaml(
                    ends.model(),
                    "requestsPerMinute: 60",
                    "timeout: 4s, url: '%s'".formatted(redis.url())));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var passed = new AtomicInteger();
      var done = new CountDownLatch(40);
      var calls =
          IntStream.range(0, 300)
              .<Callable<Integer>>mapToObj(
                  i ->
                      () -> {
                        if (i >= 40) {
                          done.await();
                        }
                        var status = three.status(i % 3);
                        passed.addAndGet(status == 200 ? 1 : 0);
                        done.countDown();
                        return status;
                      })
              .toList();
      var killed =
          threads.submit(
              () -> {
                done.await();
                redis.kill();
                return true;
              });
      for (var call : threads.invokeAll(calls)) {
        assertThat(call.get()).isIn(200, 429);
      }

      assertThat(killed.get()).isTrue();
      // Forty had passed; then each of three has its own sixty, of which it has given some.
      assertThat(passed.get()).isBetween(60, 3 * 60);
    }
  }

  @Test
  void withoutRedisEverybodyPassesWhereItFailsOpen() throws Exception {
    try (var redis = RealRedis.start(folder);
        var both = start(redis, "open", "4s")) {
      assertThat(statuses(both, 0, 4)).containsExactly(200, 200, 200, 429);
      redis.kill();

      assertThat(statuses(both, 0, 9)).containsOnly(200);
      assertThat(both.call(0, "hello").headers().firstValue("x-ratelimit-limit")).isEmpty();
      assertThat(statuses(both, 1, 4)).containsOnly(200);
      awaitReach(both, false);

      redis.restart();
      awaitReach(both, true);
      assertThat(statuses(both, 0, 2)).containsOnly(200);
      assertThat(statuses(both, 1, 2)).containsExactly(200, 429);
    }
  }

  @Test
  void withoutRedisNobodyPassesWhereItFailsClosed() throws Exception {
    try (var redis = RealRedis.start(folder);
        var both = start(redis, "closed", "4s")) {
      assertThat(statuses(both, 0, 1)).containsExactly(200);
      redis.kill();

      var refused = both.call(0, "hello");
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.headers().firstValue("retry-after")).contains("1");
      assertThat(refused.body()).contains("Limits cannot be counted now");
      assertThat(statuses(both, 0, 3)).containsOnly(503);
      assertThat(statuses(both, 1, 3)).containsOnly(503);
      awaitReach(both, false);

      redis.restart();
      awaitReach(both, true);
      assertThat(statuses(both, 0, 2)).containsOnly(200);
      assertThat(statuses(both, 1, 2)).containsExactly(200, 429);
    }
  }

  @Test
  void whoHasNoLimitNeedsNoRedis() throws Exception {
    RealRedis.assumeInstalled();
    var nobody = ValidateTest.freePort();
    try (var both =
        SharedGateways.start(
            ends, "models: ['*']", "onFailure: closed, url: 'redis://127.0.0.1:" + nobody + "'")) {
      assertThat(statuses(both, 0, 2)).containsOnly(200);
    }
  }

  @Test
  void aRedisThatHangsHoldsNoCallLongerThanTheTimeout() throws Exception {
    try (var redis = RealRedis.start(folder);
        var both = start(redis, "local", "300ms")) {
      // What is slow the first time is not Redis' fault.
      Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> both.reaches(0));
      assertThat(both.status(0)).isEqualTo(200);
      redis.hang();
      var longest = Duration.ZERO;
      var begun = System.nanoTime();
      for (var i = 0; i < 40; i++) {
        var before = System.nanoTime();
        assertThat(both.status(0)).isIn(200, 429);
        var took = Duration.ofNanos(System.nanoTime() - before);
        longest = took.compareTo(longest) > 0 ? took : longest;
      }
      var all = Duration.ofNanos(System.nanoTime() - begun);

      assertThat(longest).isLessThan(Duration.ofMillis(300 + 4_000));
      // Only the first few wait for it at all: forty times the time-out would be 12 s.
      assertThat(all).isLessThan(Duration.ofSeconds(11));
      assertThat(both.reaches(0)).isFalse();
      redis.goOn();
      Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> both.reaches(0));
    }
  }

  @Test
  void aWrongPasswordStopsNoStartAndIsTold() throws Exception {
    try (var redis = RealRedis.start(folder, "--requirepass", PASSWORD);
        var log = new GatewayLog();
        var both =
            SharedGateways.start(
                ends,
                "requestsPerMinute: 3",
                "timeout: 4s, onFailure: closed, password: canary-wrong, url: '"
                    + redis.url()
                    + "'")) {
      assertThat(statuses(both, 0, 2)).containsOnly(503);
      assertThat(log.lines("WRONGPASS")).isEqualTo(2);
      assertThat(log.lines("canary")).isZero();

      try (var client = redis.client()) {
        client.auth(PASSWORD);
        client.configSet("requirepass", "canary-wrong");
      }
      awaitReach(both, true);
      assertThat(statuses(both, 0, 2)).containsOnly(200);
      assertThat(statuses(both, 1, 2)).containsExactly(200, 429);
    }
  }

  @Test
  void aRedisThatIsAwayOrHangsStopsNoStart() throws Exception {
    try (var redis = RealRedis.start(folder);
        var log = new GatewayLog()) {
      redis.hang();
      var begun = System.nanoTime();
      try (var both = start(redis, "local", "4s")) {
        // Each of the two looks for at most 4 s.
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(25));
        assertThat(log.lines("does not count limits (no answer within 4000 ms)")).isEqualTo(2);
        assertThat(statuses(both, 0, 4)).containsExactly(200, 200, 200, 429);
        redis.kill();
        assertThat(statuses(both, 1, 4)).containsExactly(200, 200, 200, 429);
        redis.restart();
        awaitReach(both, true);
        assertThat(statuses(both, 0, 2)).containsOnly(200);
        assertThat(statuses(both, 1, 2)).containsExactly(200, 429);
      }
    }
  }

  @Test
  void aRedisThatCanOnlyBeReadDoesNotCount() throws Exception {
    try (var redis = RealRedis.start(folder, "--replicaof", "127.0.0.1", "1");
        var log = new GatewayLog();
        var both = start(redis, "local", "4s")) {
      assertThat(statuses(both, 0, 4)).containsExactly(200, 200, 200, 429);
      assertThat(log.lines("READONLY")).isEqualTo(2);
      assertThat(both.reaches(0)).isFalse();
    }
  }

  @Test
  void speaksTlsByItsOwnAuthorityWithItsOwnCertificate() throws Exception {
    var authority = Certificates.authority(folder, "redis-ca");
    var own = authority.client("gateway", "/O=Example/CN=gateway", "DNS:gateway.example");
    var mine = "certificate: '%s', key: '%s'".formatted(own.certificate(), own.key());
    try (var redis = RealRedis.startSecure(folder, authority);
        var both = secure(redis, "127.0.0.1", authority, mine)) {
      awaitReach(both, true);
      assertThat(statuses(both, 0, 2)).containsOnly(200);
      assertThat(statuses(both, 1, 2)).containsExactly(200, 429);
    }
  }

  @Test
  void believesNoOtherAuthorityAndNoOtherName() throws Exception {
    var authority = Certificates.authority(folder, "redis-ca");
    var other = Certificates.authority(folder, "other-ca");
    var own = authority.client("gateway", "/O=Example/CN=gateway", "DNS:gateway.example");
    var mine = "certificate: '%s', key: '%s'".formatted(own.certificate(), own.key());
    try (var redis = RealRedis.startSecure(folder, authority);
        var log = new GatewayLog()) {
      try (var both = secure(redis, "127.0.0.1", other, mine)) {
        assertThat(statuses(both, 0, 1)).containsExactly(503);
        assertThat(
                log.lines("PKIX path building failed")
                    + log.lines("unable to find valid certification path"))
            .isPositive();
      }
      try (var both = secure(redis, "localhost", authority, mine)) {
        assertThat(statuses(both, 0, 1)).containsExactly(503);
        assertThat(
                log.lines("No name matching localhost found")
                    + log.lines("No subject alternative DNS name matching localhost found"))
            .isPositive();
      }
    }
  }

  private SharedGateways secure(RealRedis redis, String host, Certificates authority, String more)
      throws Exception {
    return SharedGateways.start(
        ends,
        "requestsPerMinute: 3",
        "timeout: 5s, onFailure: closed, url: 'rediss://%s:%d', authorities: '%s', %s"
            .formatted(host, redis.port(), authority.authority(), more));
  }

  private SharedGateways start(RealRedis redis, String onFailure, String timeout) throws Exception {
    return SharedGateways.start(
        ends,
        "requestsPerMinute: 3",
        "url: '%s', timeout: %s, onFailure: %s".formatted(redis.url(), timeout, onFailure));
  }

  private static List<Integer> statuses(SharedGateways both, int gateway, int calls)
      throws Exception {
    var statuses = new java.util.ArrayList<Integer>();
    for (var i = 0; i < calls; i++) {
      statuses.add(both.status(gateway));
    }
    return statuses;
  }

  private static void awaitReach(SharedGateways both, boolean wanted) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> both.reaches(0) == wanted && both.reaches(1) == wanted);
  }
}
