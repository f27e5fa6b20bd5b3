package dev.ash.node.session;

import dev.ash.node.session.SessionCommand.Line;
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

  /** How many lines at the beginning wait for no event to be stored. */
  static int leadingPartials(List<Line> lines) {
    var count = 0;
    while (count < lines.size() && lines.get(count).partial()) {
      count++;
    }
    return count;
  }

  /**
   * Publishes stored events, with the partial lines that came between them in their places.
   *
   * @param sequence that of the last event before these
   * @param lines what the events were made from; complete ones that were stored before, and so have
   *     no event here, come first
   */
  void publish(long sequence, List<SessionEvent> events, List<Line> lines, long turn) {
    var skipped = lines.stream().filter(line -> !line.partial()).count() - events.size();
    var next = 0;
    for (var line : lines) {
      if (line.partial()) {
        delta(turn, line.raw());
      } else if (skipped-- <= 0) {
        stored(++sequence, events.get(next++));
      }
    }
    while (next < events.size()) {
      stored(++sequence, events.get(next++));
    }
    wake();
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
