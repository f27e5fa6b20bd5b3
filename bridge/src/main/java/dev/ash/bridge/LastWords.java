package dev.ash.bridge;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** How long a program that has ended is listened to, when something it started holds its pipe. */
final class LastWords {
  private static final Duration LOOK = Duration.ofMillis(50);

  private LastWords() {}

  /**
   * Waits for the end of what is read. A node that is slow to take it costs nothing of it: only
   * silence counts.
   *
   * @param passing whether the reader waits for the node
   */
  static void await(Thread reader, BooleanSupplier passing, Duration silence)
      throws InterruptedException {
    var silent = Duration.ZERO;
    while (silent.compareTo(silence) < 0 && !reader.join(LOOK)) {
      silent = passing.getAsBoolean() ? silent : silent.plus(LOOK);
    }
  }
}
