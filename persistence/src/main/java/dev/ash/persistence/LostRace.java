package dev.ash.persistence;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/** How often, and after what pauses, a transaction runs again that lost against another one. */
final class LostRace {
  static final int ATTEMPTS = 7;

  private static final Duration FIRST_PAUSE = Duration.ofMillis(5);

  private LostRace() {}

  /** Everybody who lost waits a time of his own, or they meet again. */
  static void pauseAfter(int attempt) {
    var pause = FIRST_PAUSE.toNanos() << (attempt - 1);
    LockSupport.parkNanos(pause + ThreadLocalRandom.current().nextLong(pause));
  }
}
