package dev.ash.gateway.server;

import java.time.Duration;
import java.util.Map;

/** Counts wrong keys by the address that they came from. Safe for any thread. */
final class BadKeys {
  private static final int MAX_ADDRESSES = 10_000;

  private final int perMinute;
  private final Map<String, SlidingWindow> failures = new Recent<>(MAX_ADDRESSES);

  BadKeys(int perMinute) {
    this.perMinute = perMinute;
  }

  /** Goes on where another counted, if it counted by the same limit. */
  void goOn(BadKeys before) {
    if (perMinute == before.perMinute) {
      synchronized (before.failures) {
        failures.putAll(before.failures);
      }
    }
  }

  SlidingWindow of(String address) {
    synchronized (failures) {
      return failures.computeIfAbsent(
          address, _ -> new SlidingWindow(perMinute, Duration.ofMinutes(1)));
    }
  }
}
