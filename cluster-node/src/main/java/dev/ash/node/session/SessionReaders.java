package dev.ash.node.session;

import dev.ash.node.session.SessionCommand.Read;
import dev.ash.node.session.SessionReply.Batch;
import dev.ash.node.session.SessionReply.Behind;
import dev.ash.protocol.session.SessionEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The readers of a session: what they ask for is answered from the ring at once, or parked until
 * something comes or their patience is over. Owned by the entity; not thread-safe.
 */
final class SessionReaders {
  private record Parked(Read read, Instant until) {}

  private final List<Parked> parked = new ArrayList<>();
  private SessionRing ring;

  SessionReaders(SessionRing ring) {
    this.ring = ring;
  }

  /** After a recovery: what was in memory before it may not be in the journal. */
  void restart(SessionRing fresh) {
    this.ring = fresh;
  }

  /** Answers or parks; a parked one wants a tick after the returned time. */
  Optional<Duration> read(Read read, Instant now) {
    if (ring.isBehind(read.after())) {
      read.replyTo().tell(new Behind(ring.floor()));
      return Optional.empty();
    }
    var items = ring.after(read.after(), read.max());
    if (!items.isEmpty() || !read.patience().isPositive()) {
      read.replyTo().tell(new Batch(items));
      return Optional.empty();
    }
    parked.add(new Parked(read, now.plus(read.patience())));
    return Optional.of(read.patience());
  }

  void stored(long sequence, SessionEvent event) {
    ring.stored(sequence, event);
  }

  void delta(long turn, String raw) {
    ring.delta(turn, raw);
  }

  /** Tells the parked readers what was published since they asked. */
  void wake() {
    parked.removeIf(
        p -> {
          if (ring.isBehind(p.read().after())) {
            p.read().replyTo().tell(new Behind(ring.floor()));
            return true;
          }
          var items = ring.after(p.read().after(), p.read().max());
          if (!items.isEmpty()) {
            p.read().replyTo().tell(new Batch(items));
          }
          return !items.isEmpty();
        });
  }

  /** Answers those whose patience is over; the rest want a tick after the returned time. */
  Optional<Duration> tick(Instant now) {
    parked.removeIf(
        p -> {
          var over = !now.isBefore(p.until());
          if (over) {
            p.read().replyTo().tell(new Batch(List.of()));
          }
          return over;
        });
    return parked.stream().map(p -> Duration.between(now, p.until())).min(Duration::compareTo);
  }

  boolean anyParked() {
    return !parked.isEmpty();
  }
}
