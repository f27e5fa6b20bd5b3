package dev.ash.node.session;

import dev.ash.node.session.SessionCommand.Line;
import dev.ash.node.session.SessionCommand.Spoke;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * Lines of the agent on their way to the entity: one batch is under way at a time, the rest wait
 * here, and when too much waits the reader of the socket is held back. Only {@link #admit} is
 * called from another thread than the worker's.
 */
final class LineBuffer {
  private static final int MOST_BYTES = 8 << 20;
  private static final int BATCH_LINES = 256;
  private static final int BATCH_BYTES = 1 << 20;

  private final Semaphore credit = new Semaphore(MOST_BYTES);
  private final ArrayDeque<Line> waiting = new ArrayDeque<>();
  private List<Line> underWay = List.of();
  private int sent;
  private Optional<Spoke> unacknowledged = Optional.empty();
  private volatile boolean closed;

  /** Holds the caller until there is room for the line, or nobody hears the lines any more. */
  void admit(String raw) throws InterruptedException {
    if (!closed) {
      credit.acquire(cost(raw));
      if (closed) {
        // For whoever waits behind.
        credit.release(cost(raw));
      }
    }
  }

  /**
   * The worker ends: whoever is held back goes on and finds its bridge closed. Else it would stand
   * there, with all the lines, until the node ends.
   */
  void close() {
    closed = true;
    credit.release(MOST_BYTES);
  }

  /** Gives back the room of a line that goes no further. */
  void drop(String raw) {
    credit.release(cost(raw));
  }

  void add(Line line) {
    waiting.add(line);
  }

  /** The next batch, if none is under way. */
  Optional<Spoke> next(long turn) {
    if (unacknowledged.isPresent() || waiting.isEmpty()) {
      return Optional.empty();
    }
    var batch = new ArrayList<Line>();
    var bytes = 0;
    while (!waiting.isEmpty() && batch.size() < BATCH_LINES && bytes < BATCH_BYTES) {
      var line = waiting.remove();
      bytes += line.raw().length();
      batch.add(line);
    }
    underWay = batch;
    unacknowledged = Optional.of(new Spoke(turn, sent, batch));
    sent += (int) batch.stream().filter(line -> !line.partial()).count();
    return unacknowledged;
  }

  void acknowledged() {
    underWay.forEach(line -> credit.release(cost(line.raw())));
    underWay = List.of();
    unacknowledged = Optional.empty();
  }

  /** The batch that may have been lost with a failing journal. */
  Optional<Spoke> unacknowledged() {
    return unacknowledged;
  }

  boolean isEmpty() {
    return waiting.isEmpty() && unacknowledged.isEmpty();
  }

  /** Lines that nobody will want any more are given up, and counting starts anew. */
  void restart() {
    waiting.forEach(line -> credit.release(cost(line.raw())));
    waiting.clear();
    sent = 0;
  }

  private static int cost(String raw) {
    return Math.min(raw.length() + 64, MOST_BYTES);
  }
}
