package dev.ash.node.api.http;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps the bodies that are read at the same time within a part of the heap. One alone always
 * passes. Safe for use from many threads.
 */
final class LargeBodies {
  private final long budget;
  private final AtomicLong taken = new AtomicLong();

  LargeBodies(long budget) {
    this.budget = budget;
  }

  Charge charge() {
    return new Charge();
  }

  /** What one request has taken so far. */
  final class Charge {
    private final AtomicLong mine = new AtomicLong();

    /** False, and nothing taken, when there is no room now. */
    boolean add(long bytes) {
      var before = taken.getAndAdd(bytes);
      if (bytes > 0 && before > mine.get() && before + bytes > budget) {
        taken.addAndGet(-bytes);
        return false;
      }
      mine.addAndGet(bytes);
      return true;
    }

    /** Repeatable. */
    void giveBack() {
      taken.addAndGet(-mine.getAndSet(0));
    }
  }

  /** A body of unknown length has outgrown what there is. */
  static final class NoRoomException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoRoomException() {
      super("no room for a large body", null, false, false);
    }
  }
}
