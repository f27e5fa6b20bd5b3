package dev.ash.scriptedmodel;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Waits that end when the server stops. */
final class Clockwork {
  static final long PING_MS = 250;

  private final CountDownLatch stopped = new CountDownLatch(1);

  /** The answer ends here, without its proper end. */
  static final class CutException extends IOException {
    CutException(String message) {
      super(message);
    }
  }

  void stop() {
    stopped.countDown();
  }

  void pause(long millis) throws CutException {
    if (millis > 0) {
      await(millis);
    }
  }

  void forever() throws CutException {
    await(Long.MAX_VALUE);
  }

  void pass(Semaphore gate) throws CutException {
    try {
      while (!gate.tryAcquire(PING_MS, TimeUnit.MILLISECONDS)) {
        if (stopped.getCount() == 0) {
          throw new CutException("the server stops");
        }
      }
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private void await(long millis) throws CutException {
    try {
      if (stopped.await(millis, TimeUnit.MILLISECONDS)) {
        throw new CutException("the server stops");
      }
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private static CutException interrupted() {
    Thread.currentThread().interrupt();
    return new CutException("interrupted");
  }
}
