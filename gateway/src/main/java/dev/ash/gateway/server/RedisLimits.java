package dev.ash.gateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.gateway.config.GatewayConfig.Allowance;
import dev.ash.gateway.config.SharedLimits;
import dev.ash.gateway.server.RedisCalls.Script;
import dev.ash.gateway.server.RedisCalls.UnansweredException;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts in one Redis, and says nothing where that does not answer in time. After {@value
 * #FAILURES} failures in a row it is not asked any more, so that no call waits for a dead one, and
 * tried beside the calls until it counts again.
 */
final class RedisLimits implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RedisLimits.class);
  private static final Script ADMIT = Script.of(LimitScripts.ADMIT);
  private static final Script SPEND = Script.of(LimitScripts.SPEND);
  private static final int FAILURES = 3;
  private static final Duration PAUSE = Duration.ofMillis(500);

  /** A day's window, and a clock of Redis that was set back by as much. */
  private static final Duration LONGEST_WAIT = Duration.ofDays(2);

  /** 128 bits: nobody finds a name that is counted as another's. */
  private static final int KEY_DIGITS = 32;

  private final SharedLimits config;
  private final GatewayMetrics metrics;
  private final RedisCalls redis;
  private volatile boolean away;
  private volatile int failures;
  private volatile boolean closed;

  /** Whether this is where limits are counted: until then its state is nobody's. */
  private volatile boolean counting;

  private RedisLimits(SharedLimits config, GatewayMetrics metrics)
      throws IOException, GeneralSecurityException {
    this.config = config;
    this.metrics = metrics;
    redis = new RedisCalls(config);
  }

  /** Tries it once, and goes on without it where it does not answer. */
  static RedisLimits open(SharedLimits config, GatewayMetrics metrics)
      throws IOException, GeneralSecurityException {
    var opened = new RedisLimits(config, metrics);
    try {
      var patience = RedisCalls.SETUP;
      opened.probe(patience.compareTo(config.timeout()) > 0 ? patience : config.timeout());
      LOG.info("limits are counted together in {}", config.address());
    } catch (UnansweredException e) {
      opened.leave(String.valueOf(e.getMessage()));
    }
    return opened;
  }

  /** Limits are counted here from now on, and the metrics say whether it answers. */
  synchronized void counts() {
    counting = true;
    show();
  }

  SharedLimits config() {
    return config;
  }

  /** Counts a request if there is room for it; empty where Redis does not say so in time. */
  Optional<Admission> admit(String consumer, Allowance allowance, Instant now) {
    if (away) {
      return Optional.empty();
    }
    var keys = new ArrayList<String>();
    var values = new ArrayList<String>();
    values.add(Long.toString(allowance.tokensPerMinute().orElse(0)));
    if (allowance.tokensPerMinute().isPresent()) {
      keys.add(key(consumer, "tokens"));
    }
    // Two limits of one window are one list, in which a request must stand once.
    var smallest = new TreeMap<Duration, Integer>();
    allowance.quotas().forEach(one -> smallest.merge(one.window(), one.requests(), Math::min));
    smallest.forEach(
        (window, requests) -> {
          keys.add(key(consumer, Long.toString(window.toSeconds())));
          values.add(Integer.toString(requests));
          values.add(Long.toString(window.toMillis()));
        });
    try {
      var said = ask(keys, values, config.timeout());
      failures = 0;
      return Optional.of(admission(said, now));
    } catch (UnansweredException e) {
      failed(String.valueOf(e.getMessage()));
      return Optional.empty();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  /** Adds tokens without waiting for it. */
  void spend(String consumer, long tokens) {
    if (!away) {
      redis.tell(
          SPEND, List.of(key(consumer, "tokens")), List.of(Long.toString(tokens)), this::failed);
    }
  }

  private List<Long> ask(List<String> keys, List<String> values, Duration most)
      throws UnansweredException, InterruptedException {
    var said = redis.answer(ADMIT, keys, values, most);
    if (said.size() != 4) {
      throw new UnansweredException("an odd answer");
    }
    return said;
  }

  /** A name that a caller chose stands in no key as it is. The braces keep a cluster's together. */
  private String key(String consumer, String what) {
    try {
      var hash = MessageDigest.getInstance("SHA-256").digest(consumer.getBytes(UTF_8));
      var name = HexFormat.of().formatHex(hash).substring(0, KEY_DIGITS);
      return config.keyPrefix() + "{" + name + "}:" + what;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** What {@link LimitScripts#ADMIT} said, by this machine's clock. */
  private static Admission admission(List<Long> said, Instant now) {
    var reset = now.plusMillis(Math.clamp(said.get(3), 0, LONGEST_WAIT.toMillis()));
    var quota =
        new SlidingWindow.Verdict(
            said.get(0) == 0, said.get(1).intValue(), said.get(2).intValue(), reset);
    return switch (said.get(0).intValue()) {
      case 0 -> new Admission.Granted(said.get(1) < 0 ? Optional.empty() : Optional.of(quota));
      case 1 -> new Admission.Full(quota);
      default -> new Admission.TokensUsedUp(reset);
    };
  }

  /** Runs what calls run, so that a Redis that can only be read does not pass. */
  private void probe(Duration most) throws UnansweredException {
    try {
      var _ = ask(List.of(config.keyPrefix() + "probe"), List.of("0", "1", "1"), most);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new UnansweredException("interrupted");
    }
  }

  private synchronized void failed(String why) {
    failures++;
    if (failures >= FAILURES && !away) {
      leave(why);
    }
  }

  private synchronized void leave(String why) {
    if (closed) {
      return;
    }
    away = true;
    // Before the metric: whoever sees that finds the reason.
    LOG.warn("{} does not count limits ({}); until it does, {}", config.address(), why, until());
    show();
    redis.forget();
    redis.later(PAUSE, this::comeBack);
  }

  private void show() {
    if (counting) {
      metrics.sharedLimits(!away);
    }
  }

  private String until() {
    return switch (config.onFailure()) {
      case LOCAL -> "this gateway counts by itself";
      case OPEN -> "everybody passes";
      case CLOSED -> "calls that have a limit are answered 503";
    };
  }

  private void comeBack() {
    if (closed) {
      return;
    }
    try {
      probe(config.timeout());
      returned();
    } catch (UnansweredException _) {
      // It is still away, as was said.
      redis.later(PAUSE, this::comeBack);
    }
  }

  private synchronized void returned() {
    if (!closed) {
      failures = 0;
      away = false;
      // As loud as its going: who read the one looks for the other.
      LOG.warn("{} counts limits again", config.address());
      show();
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    redis.close();
  }
}
