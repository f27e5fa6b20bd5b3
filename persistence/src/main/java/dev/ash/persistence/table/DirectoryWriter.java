package dev.ash.persistence.table;

import dev.ash.persistence.Database.DatabaseException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;

/**
 * Writes session rows for many entities with few commits: all that queued up while one transaction
 * ran goes into the next. Threads may share it; a row is durable when its stage completes. The
 * queue is bounded, and a row that finds it full fails at once.
 */
public final class DirectoryWriter implements AutoCloseable {
  private static final int LARGEST_BATCH = 500;
  private static final long LOOK_AROUND_MS = 200;

  private final SessionTable table;
  private final BlockingQueue<Pending> queue;
  private final Thread thread;
  private volatile boolean closed;

  public DirectoryWriter(SessionTable table, int capacity) {
    this.table = table;
    this.queue = new ArrayBlockingQueue<>(capacity);
    this.thread = Thread.ofVirtual().name("directory-writer").start(this::run);
  }

  /** Queues a row; never blocks. */
  public CompletionStage<Done> write(SessionRow row) {
    var pending = new Pending(row, new CompletableFuture<>());
    if (closed || !queue.offer(pending)) {
      pending.fail(
          new RejectedExecutionException(
              "session directory: %s"
                  .formatted(closed ? "closed" : queue.size() + " rows wait (expected: fewer)")));
    } else if (closed && queue.remove(pending)) {
      // The thread may have looked at the queue for the last time before the offer.
      pending.fail(new RejectedExecutionException("session directory: closed"));
    }
    return pending.done();
  }

  /** Returns when everything that was queued is written. */
  @Override
  public void close() {
    closed = true;
    try {
      thread.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    var batch = new ArrayList<Pending>();
    try {
      while (!closed || !queue.isEmpty()) {
        var first = queue.poll(LOOK_AROUND_MS, TimeUnit.MILLISECONDS);
        if (first != null) {
          batch.add(first);
          queue.drainTo(batch, LARGEST_BATCH - 1);
          write(batch);
          batch.clear();
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(List<Pending> batch) {
    try {
      table.upsert(batch.stream().map(Pending::row).toList());
      batch.forEach(Pending::succeed);
    } catch (DatabaseException e) {
      if (batch.size() == 1) {
        batch.getFirst().fail(e);
      } else {
        // One bad row must not fail the others'.
        batch.forEach(pending -> write(List.of(pending)));
      }
    } catch (RuntimeException e) {
      batch.forEach(pending -> pending.fail(e));
    }
  }

  private record Pending(SessionRow row, CompletableFuture<Done> done) {
    void succeed() {
      done.complete(Done.getInstance());
    }

    void fail(Throwable why) {
      done.completeExceptionally(why);
    }
  }
}
