package dev.ash.node.auth;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Optional;

/**
 * The callers of recently used keys, by the hash of the key. Only successes are remembered, so an
 * attacker's guesses take no room. Threads may share it.
 *
 * <p>A key that is deleted here is forgotten at once; one that is deleted on another node is
 * honoured here until its entry is too old.
 */
final class CallerCache {
  private static final int MAX_ENTRIES = 10_000;

  private final Duration maxAge;
  private final InstantSource clock;
  private final LinkedHashMap<String, Entry> entries = new LinkedHashMap<>();
  private long generation;

  CallerCache(Duration maxAge, InstantSource clock) {
    this.maxAge = maxAge;
    this.clock = clock;
  }

  /** To be asked before the look-up whose result is put. */
  synchronized long generation() {
    return generation;
  }

  synchronized Optional<Caller> get(String hash) {
    var entry = entries.get(hash);
    if (entry == null) {
      return Optional.empty();
    }
    if (clock.instant().isBefore(entry.expires())) {
      return Optional.of(entry.caller());
    }
    entries.remove(hash);
    return Optional.empty();
  }

  /** Does nothing when a key was deleted since the look-up began: it may have been this one. */
  synchronized void put(String hash, Caller caller, long generationBefore) {
    if (generationBefore != generation || maxAge.isZero()) {
      return;
    }
    if (entries.size() >= MAX_ENTRIES) {
      entries.pollFirstEntry();
    }
    entries.put(hash, new Entry(caller, clock.instant().plus(maxAge)));
  }

  synchronized void forget(String keyId) {
    generation++;
    entries.values().removeIf(entry -> entry.caller().keyId().equals(keyId));
  }

  private record Entry(Caller caller, Instant expires) {}
}
