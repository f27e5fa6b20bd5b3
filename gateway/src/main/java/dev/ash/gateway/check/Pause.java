package dev.ash.gateway.check;

import java.time.Duration;

/** Waits; a test lets the time pass instead. */
@FunctionalInterface
public interface Pause {
  void of(Duration time) throws InterruptedException;

  static Pause real() {
    return time ->
        new java.util.concurrent.CountDownLatch(1)
            .await(time.toNanos(), java.util.concurrent.TimeUnit.NANOSECONDS);
  }
}
