package dev.ash.gateway.server;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Ends answers that have fallen silent: a read of a JDK client's stream has no time-out. */
final class Watch implements AutoCloseable {
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("gateway-watch").factory());
  private final Set<Watched> open = ConcurrentHashMap.newKeySet();
  private final ScheduledFuture<?> round;
  private final long silenceNanos;

  /** A stream and when it was last heard of. */
  static final class Watched {
    private final InputStream stream;
    private volatile long heard = System.nanoTime();
    private volatile boolean waiting;
    private volatile boolean cut;

    private Watched(InputStream stream) {
      this.stream = stream;
    }

    int read(byte[] buffer) throws IOException {
      heard = System.nanoTime();
      waiting = true;
      try {
        return stream.read(buffer);
      } finally {
        waiting = false;
      }
    }

    private void cut() {
      cut = true;
      try {
        stream.close();
      } catch (IOException _) {
        // Closing is what was wanted.
      }
    }

    boolean wasCut() {
      return cut;
    }
  }

  Watch(Duration silence) {
    silenceNanos = silence.toNanos();
    var every = Math.clamp(silence.toMillis() / 4, 10, 1_000);
    round = timer.scheduleWithFixedDelay(this::look, every, every, TimeUnit.MILLISECONDS);
  }

  Watched over(InputStream stream) {
    var watched = new Watched(stream);
    open.add(watched);
    return watched;
  }

  void done(Watched watched) {
    open.remove(watched);
  }

  private void look() {
    open.removeIf(
        one -> {
          var silent = one.waiting && System.nanoTime() - one.heard > silenceNanos;
          if (silent) {
            one.cut();
          }
          return silent;
        });
  }

  @Override
  public void close() {
    round.cancel(false);
    timer.shutdownNow();
  }
}
