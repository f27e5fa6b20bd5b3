package dev.ash.client.stream;

import dev.ash.client.http.SseScanner;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Ends a connection that has gone silent. A machine that is gone says nothing, not even that it is;
 * who waits for it in a read would wait for ever.
 */
final class Silence implements AutoCloseable {
  private final SseScanner scanner;
  private final Duration longest;
  private final Semaphore heard = new Semaphore(0);
  private volatile boolean closed;

  private Silence(SseScanner scanner, Duration longest) {
    this.scanner = scanner;
    this.longest = longest;
  }

  /** Watches until it is closed. */
  static Silence watch(SseScanner scanner, Duration longest) {
    var silence = new Silence(scanner, longest);
    Thread.ofVirtual().name("ash-silence").start(silence::run);
    return silence;
  }

  /** Something came. */
  void broken() {
    heard.release();
  }

  private void run() {
    try {
      while (heard.tryAcquire(longest.toMillis(), TimeUnit.MILLISECONDS)) {
        heard.drainPermits();
        if (closed) {
          return;
        }
      }
      // The reader, who is in the middle of a read, gets an exception and goes on elsewhere.
      scanner.close();
    } catch (IOException _) {
      closed = true; // broken already, so the reader knows
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed = true;
    heard.release();
  }
}
