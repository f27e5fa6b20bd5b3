package dev.ash.gateway.server;

import java.time.Duration;
import java.time.Instant;

/**
 * Spares an upstream that fails: after {@value #FAILURES} failures in a row it is left out, and
 * then tried by one request at a time until one succeeds.
 */
final class Breaker {
  static final int FAILURES = 5;
  static final Duration PAUSE = Duration.ofSeconds(30);

  private int failures;
  private Instant closedUntil = Instant.MIN;

  /** Whether to try now; a yes after a pause starts the next pause for everybody else. */
  synchronized boolean admits(Instant now) {
    if (failures < FAILURES) {
      return true;
    }
    if (now.isBefore(closedUntil)) {
      return false;
    }
    closedUntil = now.plus(PAUSE);
    return true;
  }

  /** Whether it is left out, but for single tries. */
  synchronized boolean spares() {
    return failures == FAILURES;
  }

  synchronized void succeeded() {
    failures = 0;
  }

  synchronized void failed(Instant now) {
    failures = Math.min(failures + 1, FAILURES);
    if (failures == FAILURES) {
      closedUntil = now.plus(PAUSE);
    }
  }
}
