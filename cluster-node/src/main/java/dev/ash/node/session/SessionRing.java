package dev.ash.node.session;

import dev.ash.node.session.SessionReply.Delta;
import dev.ash.node.session.SessionReply.InLog;
import dev.ash.node.session.SessionReply.Item;
import dev.ash.node.session.SessionReply.Stored;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.Cursor;
import dev.ash.protocol.session.SessionEvent;
import dev.ash.protocol.session.SessionEvent.AgentSaid;
import dev.ash.protocol.session.SessionEvent.Created;
import dev.ash.protocol.session.SessionEvent.Ended;
import dev.ash.protocol.session.SessionEvent.ModelNoted;
import dev.ash.protocol.session.SessionEvent.Paused;
import dev.ash.protocol.session.SessionEvent.Reconfigured;
import dev.ash.protocol.session.SessionEvent.Resumed;
import dev.ash.protocol.session.SessionEvent.Stopped;
import dev.ash.protocol.session.SessionEvent.TurnAccepted;
import dev.ash.protocol.session.SessionEvent.TurnContinued;
import dev.ash.protocol.session.SessionEvent.TurnEnded;
import dev.ash.protocol.session.SessionEvent.TurnStarted;
import dev.ash.protocol.session.SessionEvent.WorkspaceSaved;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The newest part of a session's stream, in memory: events that are stored and the deltas between
 * them, bounded in number and bytes. Owned by the entity; not thread-safe.
 */
final class SessionRing {
  /** What is larger is read from the journal: a message between nodes is at most 1 MiB. */
  private static final int LARGEST_SENT = 200 << 10;

  private static final int LARGEST_BATCH = 400 << 10;

  /** Deltas after a restart are numbered beyond any number given out before the first one. */
  private static final int AFTER_RESTART = 1_000_000;

  /**
   * Milliseconds that numbers of restarts differ by before they begin again: 12 days, which no
   * reader of a delta waits, and as many numbers are left for counting on.
   */
  private static final long INCARNATIONS = 1L << 30;

  private record Slot(Item item, Cursor last, int bytes) {}

  private final SessionId session;
  private final int maxFrames;
  private final int maxBytes;
  private final ArrayDeque<Slot> slots = new ArrayDeque<>();
  private int bytes;

  /** Everything after this sequence is in the ring; what is up to it is in the journal alone. */
  private long floor;

  private Cursor newest;

  SessionRing(
      SessionId session, int maxFrames, int maxBytes, long recoveredUpTo, Instant startedAt) {
    this.session = session;
    this.maxFrames = maxFrames;
    this.maxBytes = maxBytes;
    this.floor = recoveredUpTo;
    this.newest =
        new Cursor(
            recoveredUpTo,
            AFTER_RESTART + (int) Math.floorMod(startedAt.toEpochMilli(), INCARNATIONS));
  }

  void stored(long sequence, SessionEvent event) {
    newest = new Cursor(sequence, StreamFrames.of(session, event).size());
    add(new Slot(new Stored(sequence, event), newest, size(event)));
  }

  void delta(long turn, String raw) {
    var first = newest.frame() + 1;
    newest = new Cursor(newest.sequence(), newest.frame() + StreamFrames.ofDelta(raw).size());
    var size = utf8(raw);
    if (size <= LARGEST_SENT) {
      add(new Slot(new Delta(newest.sequence(), first, turn, raw), newest, size));
    }
  }

  /** Whether {@code cursor} is so old that the journal must be read up to {@link #floor()}. */
  boolean isBehind(Cursor cursor) {
    return cursor.sequence() < floor;
  }

  long floor() {
    return floor;
  }

  /** What lies after the cursor, at most {@code max} items and one batch of bytes. */
  List<Item> after(Cursor cursor, int max) {
    var items = new ArrayList<Item>();
    if (!cursor.isBefore(newest)) {
      return items;
    }
    var newer = new ArrayList<Slot>();
    for (var slots = this.slots.descendingIterator(); slots.hasNext(); ) {
      var slot = slots.next();
      if (!cursor.isBefore(slot.last())) {
        break;
      }
      newer.add(slot);
    }
    var size = 0;
    for (var slot : newer.reversed()) {
      size += Math.min(slot.bytes(), LARGEST_SENT);
      if (items.size() == max || (size > LARGEST_BATCH && !items.isEmpty())) {
        break;
      }
      items.add(slot.bytes() > LARGEST_SENT ? new InLog(slot.item().sequence()) : slot.item());
    }
    return items;
  }

  private void add(Slot slot) {
    slots.add(slot);
    bytes += slot.bytes();
    while (slots.size() > maxFrames || (bytes > maxBytes && slots.size() > 1)) {
      var dropped = slots.remove();
      bytes -= dropped.bytes();
      if (dropped.item() instanceof Stored) {
        floor = dropped.item().sequence();
      }
    }
  }

  /** About what the event takes in a message; what is rare is measured by its text. */
  private static int size(SessionEvent event) {
    return switch (event) {
      case AgentSaid said -> utf8(said.raw()) + said.tool().map(SessionRing::utf8).orElse(0) + 200;
      case Created _,
          TurnAccepted _,
          TurnStarted _,
          TurnContinued _,
          ModelNoted _,
          TurnEnded _,
          WorkspaceSaved _,
          Paused _,
          Resumed _,
          Stopped _,
          Ended _,
          Reconfigured _ ->
          utf8(event.toString()) + 300;
    };
  }

  private static int utf8(String text) {
    return (int) Math.min(Utf8.size(text), Integer.MAX_VALUE / 2);
  }
}
