package dev.ash.node.api;

import dev.ash.node.session.Sessions;
import dev.ash.node.session.Sessions.Stats;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The sessions' figures, asked for at most once a second however often they are read: health is
 * open to everybody.
 */
final class LatestStats {
  private static final Duration FRESH = Duration.ofSeconds(1);

  private final Sessions sessions;
  private final InstantSource clock;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable CompletionStage<Stats> latest;
  private Instant asked = Instant.EPOCH;

  LatestStats(Sessions sessions, InstantSource clock) {
    this.sessions = sessions;
    this.clock = clock;
  }

  CompletionStage<Stats> get() {
    lock.lock();
    try {
      var now = clock.instant();
      var known = latest;
      if (known == null || !now.isBefore(asked.plus(FRESH))) {
        known = sessions.stats();
        latest = known;
        asked = now;
      }
      return known;
    } finally {
      lock.unlock();
    }
  }
}
