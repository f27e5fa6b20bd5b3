package dev.ash.gateway.server;

import dev.ash.gateway.config.GatewayConfig.Allowance;
import dev.ash.gateway.config.SharedLimits;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Optional;

/**
 * Counts a consumer in Redis where the configuration names one, so that several gateways share its
 * limits, and decides what holds while Redis does not answer. Lives as long as the gateway.
 */
final class SharedCounters implements AutoCloseable {
  private final GatewayMetrics metrics;
  private volatile Optional<RedisLimits> redis = Optional.empty();

  SharedCounters(GatewayMetrics metrics) {
    this.metrics = metrics;
  }

  /** To count there. That Redis is away is no error; that a certificate is, is one. */
  Prepared prepared(Optional<SharedLimits> wanted) throws IOException, GeneralSecurityException {
    if (redis.map(RedisLimits::config).equals(wanted)) {
      return Prepared.nothing();
    }
    var opened =
        wanted.isPresent()
            ? Optional.of(RedisLimits.open(wanted.get(), metrics))
            : Optional.<RedisLimits>empty();
    return new Prepared(() -> use(opened), () -> opened.ifPresent(RedisLimits::close));
  }

  private synchronized void use(Optional<RedisLimits> next) {
    var before = redis;
    redis = next;
    before.ifPresent(RedisLimits::close);
    // Behind the last word of the one before.
    next.ifPresentOrElse(RedisLimits::counts, () -> metrics.sharedLimits(true));
  }

  /**
   * Counts a request if it may go on.
   *
   * @param own what this process counts of the consumer
   */
  Admission admit(String consumer, Allowance allowance, Counters own, Instant now) {
    var shared = redis;
    var limited = !allowance.quotas().isEmpty() || allowance.tokensPerMinute().isPresent();
    if (shared.isEmpty() || !limited) {
      return own.admit(now);
    }
    var said = shared.get().admit(consumer, allowance, now);
    var mode = shared.get().config().onFailure();
    if (said.isPresent()) {
      if (said.get() instanceof Admission.Granted && mode == SharedLimits.OnFailure.LOCAL) {
        // Who has used its limit up must not get another one from us because Redis goes away.
        own.count(now);
      }
      return said.get();
    }
    metrics.unshared(mode);
    return switch (mode) {
      case LOCAL -> own.admit(now);
      case OPEN -> new Admission.Granted(Optional.empty());
      case CLOSED -> new Admission.Unknown();
    };
  }

  /** Adds an answer's tokens. Does not wait for Redis: the call is over. */
  void used(String consumer, Allowance allowance, Counters own, Instant now, long tokens) {
    if (allowance.tokensPerMinute().isPresent()) {
      own.used(now, tokens);
      redis.ifPresent(shared -> shared.spend(consumer, tokens));
    }
  }

  @Override
  public synchronized void close() {
    redis.ifPresent(RedisLimits::close);
  }
}
