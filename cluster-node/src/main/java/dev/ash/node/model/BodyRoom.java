package dev.ash.node.model;

import java.util.concurrent.atomic.AtomicLong;

/** How much memory the bodies of calls may take together, whoever sends them. */
final class BodyRoom {
  private final long most;
  private final AtomicLong taken = new AtomicLong();

  /** There is none left. */
  static final class FullException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    FullException() {
      super("no room for another body", null, false, false);
    }
  }

  BodyRoom(long most) {
    this.most = most;
  }

  /** What one call holds; closed once, however often it is asked for. */
  final class Share implements AutoCloseable {
    private long bytes;
    private boolean closed;

    synchronized void take(long more) {
      if (closed || taken.addAndGet(more) > most) {
        if (!closed) {
          taken.addAndGet(-more);
        }
        throw new FullException();
      }
      bytes += more;
    }

    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        taken.addAndGet(-bytes);
      }
    }
  }

  Share share() {
    return new Share();
  }
}
