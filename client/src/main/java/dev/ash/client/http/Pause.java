package dev.ash.client.http;

import dev.ash.client.AshException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Waiting before another try; tests wait for nothing. */
@FunctionalInterface
public interface Pause {
  void of(Duration duration);

  /** Waits on the calling thread, which may be interrupted. */
  static Pause real() {
    var never = new Semaphore(0);
    return duration -> {
      try {
        if (never.tryAcquire(duration.toMillis(), TimeUnit.MILLISECONDS)) {
          never.release();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AshException.Interrupted();
      }
    };
  }
}
