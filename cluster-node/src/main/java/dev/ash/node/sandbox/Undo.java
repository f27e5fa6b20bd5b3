package dev.ash.node.sandbox;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What must be taken back when a sandbox ends or its start fails, newest first. */
final class Undo {
  private static final Logger log = LoggerFactory.getLogger(Undo.class);

  private final Deque<AutoCloseable> steps = new ArrayDeque<>();

  private boolean done;

  /**
   * Remembers a step.
   *
   * @throws IllegalStateException when all was taken back meanwhile; then this step is too
   */
  synchronized void add(AutoCloseable step) {
    steps.push(step);
    if (done) {
      run();
      throw new IllegalStateException("closed while it was starting");
    }
  }

  /** Takes everything back, once; a step that fails does not keep the others from being done. */
  synchronized void run() {
    done = true;
    while (!steps.isEmpty()) {
      try {
        steps.pop().close();
      } catch (Exception | Error e) {
        log.warn("A step of a sandbox's end failed", e);
      }
    }
  }
}
