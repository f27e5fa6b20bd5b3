package dev.ash.gateway.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lines on their way into a trail. One thread writes them in the order in which they came, so that
 * a disk that hangs holds nobody else. Of lines beyond the bound only the number is kept, and the
 * next line that finds room says it. Safe for many threads.
 */
public final class AuditQueue implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditQueue.class);

  /**
   * How much is too much.
   *
   * @param lines that wait to be written
   * @param patience a write that takes longer hangs, as far as anybody can tell
   * @param drain for what is left when a gateway ends
   */
  record Bounds(int lines, Duration patience, Duration drain) {
    /** A line has a thousand bytes or so, so this is some ten megabytes. */
    private static final Bounds USUAL =
        new Bounds(10_000, Duration.ofSeconds(3), Duration.ofSeconds(5));
  }

  /** Hears what becomes of lines, from whichever thread it becomes known to. */
  public interface Fate {
    void written(long sequence);

    void lost(String why);
  }

  /** A line that was handed over. */
  public static final class Line {
    private final ObjectNode fields;
    private final long lostBefore;
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
  private volatile OptionalLong begun = OptionalLong.empty();

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
    Line line;
    synchronized (this) {
      line = new Line(fields, lost);
      if (!ended && lines.size() < bounds.lines()) {
        lines.add(line);
        lost = 0;
        notifyAll();
        return line;
      }
      lost++;
    }
    line.over.countDown();
    fate.lost("no room for a line: " + bounds.lines() + " wait to be written");
    return line;
  }

  /** Waits until a line is written or lost, but for no disk that hangs. */
  public void await(Line line) throws InterruptedException {
    if (!isStalled()) {
      var _ = line.over.await(bounds.patience().toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  /** Whether the line that is being written takes so long that nobody waits for it any more. */
  public boolean isStalled() {
    var since = begun;
    return since.isPresent()
        && System.nanoTime() - since.getAsLong() >= bounds.patience().toNanos();
  }

  public synchronized boolean isFull() {
    return lines.size() >= bounds.lines();
  }

  private void writeAll() {
    try {
      for (var line = next(); line.isPresent(); line = next()) {
        write(line.get());
      }
      trail.close();
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
    return Optional.ofNullable(lines.poll());
  }

  private void write(Line line) {
    begun = OptionalLong.of(System.nanoTime());
    try {
      fate.written(trail.append(line.fields, line.lostBefore));
    } catch (IOException | RuntimeException e) {
      fate.lost(String.valueOf(e.getMessage()));
    } finally {
      begun = OptionalLong.empty();
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
    return lines.size() + lost + (begun.isPresent() ? 1 : 0);
  }
}
