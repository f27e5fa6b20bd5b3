package dev.ash.gateway.keys;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What is kept of a key: everything but the key.
 *
 * @param hash in lower-case hex
 * @param label what its maker wrote beside it, or nothing
 * @param successor the id of the key that was made to take its place
 */
public record StoredKey(
    String id,
    String consumer,
    String label,
    String hash,
    Instant created,
    Instant expires,
    Optional<Instant> revoked,
    Optional<String> successor) {

  /** How long before its end a key is worth a warning. */
  public static final Duration SOON = Duration.ofDays(7);

  /** Whether a key still opens, and whether somebody should see to it. */
  public enum State {
    ACTIVE,
    /** It ends within {@link #SOON}. */
    ENDING,
    EXPIRED,
    REVOKED
  }

  public State state(Instant now) {
    if (revoked.isPresent()) {
      return State.REVOKED;
    }
    if (!now.isBefore(expires)) {
      return State.EXPIRED;
    }
    return now.isBefore(expires.minus(SOON)) ? State.ACTIVE : State.ENDING;
  }

  /** Whether it opens nothing any more. */
  public boolean hasEnded(Instant now) {
    return switch (state(now)) {
      case ACTIVE, ENDING -> false;
      case EXPIRED, REVOKED -> true;
    };
  }

  /** Whether it ends soon and nothing was made to take its place. */
  public boolean needsRenewal(Instant now) {
    return state(now) == State.ENDING && successor.isEmpty();
  }

  Instant end() {
    return revoked.filter(at -> at.isBefore(expires)).orElse(expires);
  }

  StoredKey revokedAt(Instant at) {
    return new StoredKey(id, consumer, label, hash, created, expires, Optional.of(at), successor);
  }

  StoredKey followedBy(StoredKey next, Instant end) {
    return new StoredKey(
        id,
        consumer,
        label,
        hash,
        created,
        end.isBefore(expires) ? end : expires,
        revoked,
        Optional.of(next.id()));
  }
}
