package dev.ash.gateway.keys;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * All keys of a store, in the order in which they were made, and what may be done with them.
 *
 * @param consumers those who were named before they had a key
 */
public record KeyRing(List<StoredKey> keys, List<StoredConsumer> consumers) {
  /** How many keys a store keeps, those that ended lately among them. */
  public static final int MOST = 10_000;

  /** How long a key that has ended is still told. */
  private static final Duration REMEMBERED = Duration.ofDays(30);

  public KeyRing {
    keys = List.copyOf(keys);
    consumers = List.copyOf(consumers);
  }

  public KeyRing(List<StoredKey> keys) {
    this(keys, List.of());
  }

  /** What became of a wish. */
  public sealed interface Change {
    record Changed(KeyRing ring) implements Change {}

    record Refused(Reason reason, String message) implements Change {}
  }

  public enum Reason {
    UNKNOWN,
    ENDED,
    FULL,
    TAKEN
  }

  public static KeyRing empty() {
    return new KeyRing(List.of(), List.of());
  }

  public Optional<StoredKey> withId(String id) {
    return keys.stream().filter(key -> key.id().equals(id)).findFirst();
  }

  public Change add(NewKey key, Instant now) {
    var next = remembered(now);
    if (next.size() >= MOST) {
      return new Change.Refused(
          Reason.FULL, "keys: " + next.size() + " (expected: fewer; revoke what nobody uses)");
    }
    // A key that somebody chose may be there, or have been revoked.
    if (keys.stream().anyMatch(one -> one.hash().equals(key.stored().hash()))) {
      return new Change.Refused(Reason.TAKEN, "key: there already (expected: another)");
    }
    next.add(key.stored());
    return new Change.Changed(new KeyRing(next, consumers));
  }

  /** A key that has ended stays as it is, so a wish may be repeated. */
  public Change revoke(String id, Instant now) {
    var key = withId(id);
    if (key.isEmpty()) {
      return unknown(id);
    }
    var next = remembered(now);
    next.replaceAll(one -> one.id().equals(id) && !one.hasEnded(now) ? one.revokedAt(now) : one);
    return new Change.Changed(new KeyRing(next, consumers));
  }

  /**
   * Adds a key that takes another's place and has its consumer and label.
   *
   * @param overlap how long the other goes on, in whole seconds, if it does not end before
   */
  public Change rotate(String id, NewKey.Unnamed made, Duration overlap, Instant now) {
    var key = withId(id);
    if (key.isEmpty()) {
      return unknown(id);
    }
    if (key.get().hasEnded(now)) {
      return new Change.Refused(
          Reason.ENDED, "id: " + id + " has ended (expected: a key in use; make a new one)");
    }
    if (key.get().successor().isPresent()) {
      return new Change.Refused(
          Reason.ENDED,
          "id: " + id + " was renewed (expected: " + key.get().successor().get() + ")");
    }
    // Whose it is comes from this ring: one that was read before may not know the key yet.
    var next = made.of(key.get().consumer(), key.get().label());
    var end = now.plus(overlap).truncatedTo(ChronoUnit.SECONDS);
    return switch (add(next, now)) {
      case Change.Refused refused -> refused;
      case Change.Changed(var ring) -> {
        var keys = new ArrayList<>(ring.keys());
        keys.replaceAll(one -> one.id().equals(id) ? one.followedBy(next.stored(), end) : one);
        yield new Change.Changed(new KeyRing(keys, consumers));
      }
    };
  }

  /** Everybody who was named or has a key that has not ended, by name. */
  public List<StoredConsumer> consumersAt(Instant now) {
    var known = new TreeMap<String, StoredConsumer>();
    for (var key : keys) {
      if (!key.hasEnded(now)) {
        known.putIfAbsent(key.consumer(), new StoredConsumer(key.consumer(), key.created()));
      }
    }
    consumers.forEach(one -> known.put(one.name(), one));
    return List.copyOf(known.values());
  }

  /** Keys of a consumer that have not ended. */
  public List<StoredKey> keysOf(String consumer, Instant now) {
    return keys.stream()
        .filter(key -> key.consumer().equals(consumer) && !key.hasEnded(now))
        .toList();
  }

  /** Remembers somebody who has no key yet. */
  public Change name(StoredConsumer consumer, Instant now) {
    var known = consumersAt(now);
    if (known.stream().anyMatch(one -> one.name().equals(consumer.name()))) {
      return new Change.Refused(Reason.TAKEN, "name: there already (expected: another)");
    }
    if (consumers.size() >= MOST) {
      return new Change.Refused(
          Reason.FULL, "consumers: " + consumers.size() + " (expected: fewer; delete some)");
    }
    var next = new ArrayList<>(consumers);
    next.add(consumer);
    return new Change.Changed(new KeyRing(keys, next));
  }

  /** Forgets a consumer and revokes all of its keys. */
  public Change forget(String name, Instant now) {
    var nextKeys = remembered(now);
    nextKeys.replaceAll(
        one -> one.consumer().equals(name) && !one.hasEnded(now) ? one.revokedAt(now) : one);
    var next = new ArrayList<>(consumers);
    next.removeIf(one -> one.name().equals(name));
    return new Change.Changed(new KeyRing(nextKeys, next));
  }

  private static Change unknown(String id) {
    return new Change.Refused(Reason.UNKNOWN, "id: " + id + " (expected: one of the key store)");
  }

  private ArrayList<StoredKey> remembered(Instant now) {
    var kept = new ArrayList<StoredKey>();
    for (var key : keys) {
      if (now.isBefore(key.end().plus(REMEMBERED))) {
        kept.add(key);
      }
    }
    return kept;
  }
}
