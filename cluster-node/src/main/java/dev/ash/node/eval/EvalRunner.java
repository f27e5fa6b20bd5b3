package dev.ash.node.eval;

import dev.ash.config.EvalConfig;
import dev.ash.node.session.Sessions;
import dev.ash.persistence.Database.DatabaseException;
import dev.ash.persistence.table.EvalRunTable;
import dev.ash.persistence.table.EvalWork;
import dev.ash.persistence.table.EvalWork.Claimed;
import dev.ash.persistence.table.EvalWork.Ending;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.pekko.stream.Materializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the cases that wait in the database, several at once, each on a thread of its own. What a
 * node had taken when it died is taken by another, or by itself, when its lease has passed; the
 * same session and the same turn are then found again by their keys. Threads may share it.
 */
final class EvalRunner implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EvalRunner.class);

  private final EvalWork work;
  private final EvalRunTable runs;
  private final EvalCall call;
  private final EvalConfig config;
  private final int parallel;
  private final String owner;
  private final InstantSource clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Set<Thread> running = new HashSet<>();
  private boolean woken;
  private boolean closed;
  private final Thread thread;

  /**
   * Begins to look for work.
   *
   * @param parallel cases at once on this node
   * @param owner names this life of this node
   */
  EvalRunner(
      EvalWork work,
      EvalRunTable runs,
      Sessions sessions,
      Materializer materializer,
      EvalConfig config,
      int parallel,
      String owner,
      InstantSource clock) {
    this.work = work;
    this.runs = runs;
    this.call = new EvalCall(sessions, materializer);
    this.config = config;
    this.parallel = parallel;
    this.owner = owner;
    this.clock = clock;
    this.thread = Thread.ofVirtual().name("eval-runner").start(this::run);
  }

  /** There may be work. */
  void wake() {
    lock.lock();
    try {
      woken = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Gives back what it is at, for others to go on with; returns when that is done. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      thread.join();
      for (var one : threads()) {
        one.interrupt();
      }
      for (var one : threads()) {
        one.join();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private List<Thread> threads() {
    lock.lock();
    try {
      return List.copyOf(running);
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      while (await()) {
        try {
          look();
        } catch (DatabaseException e) {
          LOG.warn("Evals wait for the database: {}", e.toString());
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Until there may be something to do; false when the node ends. */
  private boolean await() throws InterruptedException {
    lock.lock();
    try {
      var left = config.poll().toNanos();
      while (!woken && !closed && left > 0) {
        left = changed.awaitNanos(left);
      }
      woken = false;
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  private void look() {
    var busy = threads().size();
    var now = clock.instant();
    if (busy > 0) {
      work.renew(owner, now.plus(config.lease()));
    }
    if (busy < parallel) {
      work.claim(owner, now, now.plus(config.lease()), parallel - busy).forEach(this::begin);
    }
    for (var run : work.finished()) {
      var results = runs.results(run.tenant(), run.id());
      work.end(run, Grading.status(results), Grading.summary(results), clock.instant());
    }
  }

  private void begin(Claimed claimed) {
    var one =
        Thread.ofVirtual()
            .name("eval-" + claimed.result().id())
            .unstarted(
                () -> {
                  try {
                    carryOut(claimed);
                  } finally {
                    ended(Thread.currentThread());
                  }
                });
    lock.lock();
    try {
      running.add(one);
    } finally {
      lock.unlock();
    }
    one.start();
  }

  private void ended(Thread one) {
    lock.lock();
    try {
      running.remove(one);
    } finally {
      lock.unlock();
    }
    wake();
  }

  /** Where the database fails, the case is taken again when its lease has passed. */
  private void carryOut(Claimed claimed) {
    var id = claimed.result().id();
    try {
      switch (call.make(claimed)) {
        case EvalCall.Answered(var ending) -> {
          work.finish(id, ending, clock.instant());
          call.tidy(claimed);
        }
        case EvalCall.NotNow(var why) -> {
          if (claimed.attempts() >= config.attempts()) {
            work.finish(
                id,
                new Ending(
                    Optional.empty(), Optional.empty(), OptionalLong.empty(), Optional.of(why)),
                clock.instant());
          } else {
            work.release(owner, id, clock.instant().plus(config.poll()));
          }
        }
      }
    } catch (InterruptedException _) {
      giveBack(id);
    } catch (DatabaseException e) {
      LOG.warn("Eval case {} is tried again: {}", id, e.toString());
    }
  }

  private void giveBack(String id) {
    try {
      work.release(owner, id, clock.instant());
    } catch (DatabaseException e) {
      LOG.warn("Eval case {} is free when its lease has passed: {}", id, e.toString());
    }
  }
}
