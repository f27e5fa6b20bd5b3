package dev.ash.gateway.keys;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** All keys of a store, in the order in which they were made, and what may be done with them. */
public record KeyRing(List<StoredKey> keys) {
  /** How many keys a store keeps, those that ended lately among them. */
  public static final int MOST = 10_000;

  /** How long a key that has ended is still told. */
  private static final Duration REMEMBERED = Duration.ofDays(30);

  public KeyRing {
    keys = List.copyOf(keys);
  }

  /** What became of a wish. */
  public sealed interface Change {
    record Changed(KeyRing ring) implements Change {}

    record Refused(Reason reason, String message) implements Change {}
  }

  public enum Reason {
    UNKNOWN,
    ENDED,
    FULL
  }

  public static KeyRing empty() {
    return new KeyRing(List.of());
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
    next.add(key.stored());
    return new Change.Changed(new KeyRing(next));
  }

  /** A key that has ended stays as it is, so a wish may be repeated. */
  public Change revoke(String id, Instant now) {
    var key = withId(id);
    if (key.isEmpty()) {
      return unknown(id);
    }
    var next = remembered(now);
    next.replaceAll(one -> one.id().equals(id) && !one.hasEnded(now) ? one.revokedAt(now) : one);
    return new Change.Changed(new KeyRing(next));
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
        yield new Change.Changed(new KeyRing(keys));
      }
    };
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
