package dev.ash.node.model;

/**
 * Whether the sandbox's end of a connection is still there. A connection carries one call at a
 * time, so there is one thing to be cancelled when it leaves.
 */
final class Presence {
  private boolean left;
  private Runnable cancel = () -> {};

  /** Replaces what is done when the sandbox leaves; done at once if it has. */
  void onLeave(Runnable action) {
    synchronized (this) {
      cancel = action;
      if (!left) {
        return;
      }
    }
    action.run();
  }

  void leave() {
    Runnable action;
    synchronized (this) {
      if (left) {
        return;
      }
      left = true;
      action = cancel;
    }
    action.run();
  }

  synchronized boolean hasLeft() {
    return left;
  }
}
