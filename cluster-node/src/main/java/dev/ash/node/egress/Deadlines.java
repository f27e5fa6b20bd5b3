package dev.ash.node.egress;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Closes what has waited too long: a channel that blocks knows no time-out. Its thread begins with
 * the first of them, as most nodes have none.
 */
final class Deadlines implements AutoCloseable {
  private static final Duration LOOK_EVERY = Duration.ofMillis(500);

  private final Set<Deadline> open = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean begun = new AtomicBoolean();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("egress-deadlines").factory());

  /** One thing's time; it is over when it is not set again. */
  final class Deadline implements AutoCloseable {
    private final Runnable missed;
    private volatile long at;

    private Deadline(Duration left, Runnable missed) {
      this.missed = missed;
      this.at = System.nanoTime() + left.toNanos();
    }

    void set(Duration left) {
      at = System.nanoTime() + left.toNanos();
    }

    @Override
    public void close() {
      open.remove(this);
    }
  }

  /**
   * Starts the time of something.
   *
   * @param missed must not block and not fail
   */
  Deadline start(Duration left, Runnable missed) {
    var deadline = new Deadline(left, missed);
    open.add(deadline);
    if (begun.compareAndSet(false, true)) {
      var _ =
          clock.scheduleWithFixedDelay(
              this::look, LOOK_EVERY.toMillis(), LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }
    return deadline;
  }

  private void look() {
    var now = System.nanoTime();
    for (var deadline : open.stream().filter(one -> one.at - now < 0).toList()) {
      open.remove(deadline);
      deadline.missed.run();
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
