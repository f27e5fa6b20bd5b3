package dev.ash.gateway.server;

import java.time.Duration;
import java.time.Instant;

/**
 * Counts what happened in the last stretch of time, exactly: a bucket would refill while a slow
 * caller drains it and never refuse anybody. Memory is one number for each allowed request.
 */
final class SlidingWindow {
  /**
   * The state after a try.
   *
   * @param reset when the oldest request leaves the window
   */
  record Verdict(boolean allowed, int limit, int remaining, Instant reset) {}

  private final long[] times;
  private final long windowMillis;
  private int oldest;
  private int count;

  SlidingWindow(int limit, Duration window) {
    this.times = new long[limit];
    this.windowMillis = window.toMillis();
  }

  /** Looks, and counts nothing. */
  synchronized Verdict peek(Instant now) {
    forget(now.toEpochMilli());
    return verdict(count < times.length, now.toEpochMilli());
  }

  /** Counts a request if there is room for it. */
  synchronized Verdict take(Instant now) {
    var millis = now.toEpochMilli();
    forget(millis);
    var allowed = count < times.length;
    if (allowed) {
      times[(oldest + count) % times.length] = millis;
      count++;
    }
    return verdict(allowed, millis);
  }

  private void forget(long now) {
    while (count > 0 && times[oldest] <= now - windowMillis) {
      oldest = (oldest + 1) % times.length;
      count--;
    }
  }

  private Verdict verdict(boolean allowed, long now) {
    var reset = (count == 0 ? now : times[oldest]) + windowMillis;
    return new Verdict(allowed, times.length, times.length - count, Instant.ofEpochMilli(reset));
  }
}
