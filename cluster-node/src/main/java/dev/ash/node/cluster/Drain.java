package dev.ash.node.cluster;

import dev.ash.config.ClusterConfig;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The part of leaving in which the node still works: it says that it is not ready, gets no new
 * sessions, and lets running turns end for a while. A node without others has nobody who could take
 * over, and does not wait. Thread-safe.
 */
public final class Drain {
  private static final Logger LOG = LoggerFactory.getLogger(Drain.class);
  private static final Duration LOOK = Duration.ofMillis(100);

  private final ClusterConfig.Drain config;
  private final RunningTurns turns;
  private final InstantSource clock;
  private final Executor blocking;
  private volatile boolean draining;

  public Drain(
      ClusterConfig.Drain config, RunningTurns turns, InstantSource clock, Executor blocking) {
    this.config = config;
    this.turns = turns;
    this.clock = clock;
    this.blocking = blocking;
  }

  public boolean isDraining() {
    return draining;
  }

  /**
   * Begins; completes when no turn runs or the limit is reached.
   *
   * @param others whether other nodes are there
   */
  public CompletionStage<Done> begin(boolean others) {
    draining = true;
    if (!others) {
      return CompletableFuture.completedFuture(Done.getInstance());
    }
    LOG.info(
        "Draining: {} running turns have {} to end before they are handed over",
        turns.count(),
        config.limit());
    var limit = clock.instant().plus(config.notice()).plus(config.limit());
    return later(config.notice()).thenCompose(_ -> untilQuiet(limit));
  }

  private CompletionStage<Done> untilQuiet(Instant limit) {
    if (turns.count() == 0 || !clock.instant().isBefore(limit)) {
      LOG.info("Drained: {} running turns are handed over", turns.count());
      return CompletableFuture.completedFuture(Done.getInstance());
    }
    return later(LOOK).thenCompose(_ -> untilQuiet(limit));
  }

  private CompletionStage<Done> later(Duration delay) {
    return CompletableFuture.supplyAsync(
        Done::getInstance,
        CompletableFuture.delayedExecutor(delay.toMillis(), TimeUnit.MILLISECONDS, blocking));
  }
}
