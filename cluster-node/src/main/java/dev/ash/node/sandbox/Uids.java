package dev.ash.node.sandbox;

import java.util.BitSet;
import java.util.random.RandomGenerator;

/**
 * The host users that sandboxes run as, one each. Thread-safe.
 *
 * <p>They are given out round and round from a random place, so that a user that was just freed is
 * not the next sandbox's, and two nodes on one machine seldom meet.
 */
final class Uids {
  /** Stands for the node's own user: only root can give a sandbox another one. */
  static final int OWN = -1;

  private final boolean root;
  private final int first;
  private final int count;
  private final BitSet taken = new BitSet();
  private int next;

  Uids(boolean root, int first, int count, RandomGenerator random) {
    this.root = root;
    this.first = first;
    this.count = count;
    this.next = random.nextInt(count);
  }

  /** Whether every sandbox runs as the node's own user. */
  boolean areOwn() {
    return !root;
  }

  synchronized int take() throws SandboxException {
    if (!root) {
      return OWN;
    }
    var free = taken.nextClearBit(next);
    if (free >= count) {
      free = taken.nextClearBit(0);
    }
    if (free >= count) {
      throw new SandboxException(
          "all " + count + " host users for sandboxes are taken: raise ash.sandbox.uid-count");
    }
    taken.set(free);
    next = (free + 1) % count;
    return first + free;
  }

  synchronized void free(int uid) {
    if (uid != OWN) {
      taken.clear(uid - first);
    }
  }
}
