package dev.ash.node.api.http;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps the large bodies that are read at the same time within a part of the heap. One alone always
 * passes. Safe for use from many threads.
 */
final class LargeBodies {
  private final long budget;
  private final AtomicLong taken = new AtomicLong();

  LargeBodies(long budget) {
    this.budget = budget;
  }

  /** False when there is no room now; else the same number is to be given back. */
  boolean take(long bytes) {
    var before = taken.getAndAdd(bytes);
    if (before > 0 && bytes > 0 && before + bytes > budget) {
      giveBack(bytes);
      return false;
    }
    return true;
  }

  void giveBack(long bytes) {
    taken.addAndGet(-bytes);
  }
}
