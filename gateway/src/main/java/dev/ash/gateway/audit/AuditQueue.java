package dev.ash.gateway.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lines on their way into a trail. One thread writes them in the order in which they came, so that
 * a disk that hangs holds nobody else. Of lines beyond the bound only the number is kept, and the
 * next line that finds room says it, or the last one of all. Safe for many threads.
 */
public final class AuditQueue implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditQueue.class);

  /**
   * How much is too much.
   *
   * @param lines that wait to be written
   * @param patience a log that leaves a line waiting for longer hangs, as far as anybody can tell
   * @param drain for what is left when a gateway ends
   */
  record Bounds(int lines, Duration patience, Duration drain) {
    /** A line has a thousand bytes or so, so this is some ten megabytes. */
    private static final Bounds USUAL =
        new Bounds(10_000, Duration.ofSeconds(3), Duration.ofSeconds(5));
  }

  /**
   * Hears what becomes of lines, from whichever thread it becomes known to: also one that serves a
   * call, so neither may wait for anything.
   */
  public interface Fate {
    void written(long sequence);

    void lost(String why);
  }

  /** A line that was handed over. */
  public static final class Line {
    private final ObjectNode fields;
    private final long lostBefore;
    private final long since = System.nanoTime();
    private final CountDownLatch over = new CountDownLatch(1);

    private Line(ObjectNode fields, long lostBefore) {
      this.fields = fields;
      this.lostBefore = lostBefore;
    }
  }

  private final AuditTrail trail;
  private final Fate fate;
  private final Bounds bounds;
  private final Deque<Line> lines = new ArrayDeque<>();
  private final Thread writer;
  private long lost;
  private boolean ended;
  private Optional<Line> writing = Optional.empty();

  AuditQueue(AuditTrail trail, Fate fate, Bounds bounds) {
    this.trail = trail;
    this.fate = fate;
    this.bounds = bounds;
    // No virtual one: a write of a file keeps its carrier as long as it hangs.
    this.writer = Thread.ofPlatform().daemon().name("gateway-audit").unstarted(this::writeAll);
  }

  /** Takes lines for a trail, and closes it after the last. */
  public static AuditQueue into(AuditTrail trail, Fate fate) {
    var queue = new AuditQueue(trail, fate, Bounds.USUAL);
    queue.start();
    return queue;
  }

  void start() {
    writer.start();
  }

  /** Hands a line over, and waits for nothing. Without room for it, it is lost. */
  public Line add(ObjectNode fields) {
    return add(fields, bounds.lines());
  }

  /**
   * Hands over a line of a call that was turned away because of this log. Whoever is turned away
   * asks again, and as often as it likes: half of the room is for those that were served.
   */
  public Line addMinor(ObjectNode fields) {
    return add(fields, bounds.lines() / 2);
  }

  private Line add(ObjectNode fields, int most) {
    Line line;
    synchronized (this) {
      line = new Line(fields, lost);
      if (!ended && lines.size() < most) {
        lines.add(line);
        lost = 0;
        notifyAll();
        return line;
      }
      lost++;
    }
    line.over.countDown();
    fate.lost("no room for a line: " + most + " wait to be written");
    return line;
  }

  /** Waits until a line is written or lost, but for no disk that hangs. */
  public void await(Line line) throws InterruptedException {
    if (!isStalled()) {
      var _ = line.over.await(bounds.patience().toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  /**
   * Whether the oldest line that is not written yet waits for so long that nobody waits for one any
   * more, or nobody is there to write it.
   */
  public synchronized boolean isStalled() {
    var oldest = writing.or(() -> Optional.ofNullable(lines.peek()));
    return oldest
            .filter(l -> System.nanoTime() - l.since >= bounds.patience().toNanos())
            .isPresent()
        || (!ended && writer.getState() == Thread.State.TERMINATED);
  }

  public synchronized boolean isFull() {
    return lines.size() >= bounds.lines();
  }

  private void writeAll() {
    try {
      for (var line = next(); line.isPresent(); line = next()) {
        write(line.get());
      }
      // Behind the last line nothing comes that could say it.
      trail.close(unsaid());
    } catch (IOException e) {
      LOG.error("closing the audit log: {}", String.valueOf(e.getMessage()));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized Optional<Line> next() throws InterruptedException {
    while (lines.isEmpty() && !ended) {
      wait();
    }
    writing = Optional.ofNullable(lines.poll());
    return writing;
  }

  private synchronized long unsaid() {
    var count = lost;
    lost = 0;
    return count;
  }

  /** Also an error is only this line's: without the thread there would be no log at all. */
  private void write(Line line) {
    try {
      fate.written(trail.append(line.fields, line.lostBefore));
    } catch (IOException | RuntimeException e) {
      fate.lost(String.valueOf(e.getMessage()));
    } catch (Error e) {
      fate.lost(e.toString());
    } finally {
      synchronized (this) {
        writing = Optional.empty();
      }
      line.over.countDown();
    }
  }

  /** Takes no more lines; those that wait are still written. */
  public synchronized void end() {
    ended = true;
    notifyAll();
  }

  /** Whether there is nothing more to come of it. */
  public boolean isOver() {
    return !writer.isAlive();
  }

  /** Gives what waits a bounded time to be written, whoever interrupts. */
  @Override
  public void close() {
    end();
    var interrupted = Thread.interrupted();
    try {
      if (!writer.join(bounds.drain())) {
        LOG.error("{} audit lines are lost: the log hangs", left());
      }
    } catch (InterruptedException _) {
      interrupted = true;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private synchronized long left() {
    return lines.size() + lost + (writing.isPresent() ? 1 : 0);
  }
}
