package dev.ash.gateway.server;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Counts the tokens of the last minute. They are known only when an answer is over, so a consumer
 * may go over its limit by what is under way, and waits longer for it afterwards.
 */
final class TokenWindow {
  private static final long WINDOW_MILLIS = Duration.ofMinutes(1).toMillis();
  private static final int MAX_ENTRIES = 10_000;

  private record Entry(long at, long tokens) {}

  private final long limit;
  private final Deque<Entry> entries = new ArrayDeque<>();
  private long sum;

  TokenWindow(long limit) {
    this.limit = limit;
  }

  synchronized boolean exhausted(Instant now) {
    forget(now.toEpochMilli());
    return sum >= limit;
  }

  /** When enough has left the window for the next request. */
  synchronized Instant reset(Instant now) {
    forget(now.toEpochMilli());
    var left = sum;
    for (var entry : entries) {
      left -= entry.tokens();
      if (left < limit) {
        return Instant.ofEpochMilli(entry.at() + WINDOW_MILLIS);
      }
    }
    return now;
  }

  synchronized void add(Instant now, long tokens) {
    forget(now.toEpochMilli());
    if (entries.size() == MAX_ENTRIES) {
      // Merging the two newest keeps the sum right and the memory bounded.
      var last = entries.removeLast();
      entries.addLast(new Entry(now.toEpochMilli(), last.tokens() + tokens));
    } else {
      entries.addLast(new Entry(now.toEpochMilli(), tokens));
    }
    sum += tokens;
  }

  private void forget(long now) {
    while (!entries.isEmpty() && entries.getFirst().at() <= now - WINDOW_MILLIS) {
      sum -= entries.removeFirst().tokens();
    }
  }
}
