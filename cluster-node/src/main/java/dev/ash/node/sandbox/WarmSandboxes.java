package dev.ash.node.sandbox;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sandboxes that wait for a session. One that waits holds a bridge and nothing else: no file, no
 * variable, no socket of anybody; each is used once. Threads may share it.
 */
final class WarmSandboxes implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(WarmSandboxes.class);

  private static final long LAST_START_SECONDS = 5;

  private final int wanted;
  private final Maker maker;
  private final Deque<Warm> waiting = new ArrayDeque<>();
  private final ExecutorService filler;
  private final AtomicLong used = new AtomicLong();
  private boolean closed;

  /**
   * A sandbox whose bridge listens.
   *
   * @param undo ends it and takes back all that was made for it
   * @param lines prints to whoever the session names
   */
  record Warm(SandboxAssembly.Listening sandbox, Undo undo, Redirected lines) {}

  /** Starts one. Blocks. */
  @FunctionalInterface
  interface Maker {
    Warm make() throws SandboxException, InterruptedException;
  }

  /** What a top process prints before it has a session is of no interest to any. */
  static final class Redirected implements Consumer<String> {
    private volatile Consumer<String> to = line -> log.debug("A waiting sandbox says: {}", line);

    void to(Consumer<String> receiver) {
      to = receiver;
    }

    @Override
    public void accept(String line) {
      to.accept(line);
    }
  }

  /**
   * Starts none yet.
   *
   * @param wanted how many shall wait; none means that nothing is ever started ahead
   */
  WarmSandboxes(int wanted, Maker maker) {
    this.wanted = wanted;
    this.maker = maker;
    this.filler =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("sandbox-warmer").factory());
  }

  /** One that waits, if any does; another is started in its place. */
  synchronized Optional<Warm> take() {
    while (!waiting.isEmpty()) {
      var next = waiting.removeFirst();
      if (!next.sandbox().process().isAlive()) {
        next.undo().run();
        continue;
      }
      used.incrementAndGet();
      fill();
      return Optional.of(next);
    }
    fill();
    return Optional.empty();
  }

  /** How many were taken since the node started. */
  long used() {
    return used.get();
  }

  /** Starts as many as are missing, one after the other, in the background. */
  synchronized void fill() {
    if (closed || waiting.size() >= wanted) {
      return;
    }
    try {
      filler.execute(this::addOne);
    } catch (RejectedExecutionException e) {
      log.debug("Closed while a sandbox was to be started ahead", e);
    }
  }

  private void addOne() {
    synchronized (this) {
      if (closed || waiting.size() >= wanted) {
        return;
      }
    }
    try {
      var made = maker.make();
      synchronized (this) {
        if (!closed) {
          waiting.addLast(made);
          fill();
          return;
        }
      }
      made.undo().run();
    } catch (SandboxException e) {
      // The next one that is taken has it tried again.
      log.warn("No sandbox could be started ahead: {}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Those that wait are ended by whoever made them. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      waiting.clear();
    }
    filler.shutdownNow();
    try {
      if (!filler.awaitTermination(LAST_START_SECONDS, TimeUnit.SECONDS)) {
        log.warn("A sandbox that was being started ahead is still being started");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
