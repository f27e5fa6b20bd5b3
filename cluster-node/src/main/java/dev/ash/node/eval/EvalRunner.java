package dev.ash.node.eval;

import dev.ash.config.EvalConfig;
import dev.ash.node.session.Sessions;
import dev.ash.node.work.FairShare;
import dev.ash.node.work.StorableText;
import dev.ash.persistence.Database.DatabaseException;
import dev.ash.persistence.table.EvalRunTable;
import dev.ash.persistence.table.EvalWork;
import dev.ash.persistence.table.EvalWork.Claimed;
import dev.ash.persistence.table.EvalWork.Ending;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
  private final FairShare share = new FairShare();

  /** By the case. */
  private final Map<String, Thread> running = new HashMap<>();

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
      return List.copyOf(running.values());
    } finally {
      lock.unlock();
    }
  }

  private Set<String> underWay() {
    lock.lock();
    try {
      return Set.copyOf(running.keySet());
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
        } catch (RuntimeException e) {
          LOG.error("Evals could not be looked for; it is tried again", e);
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
    var busy = underWay();
    var now = clock.instant();
    if (!busy.isEmpty()) {
      // Not what failed and could not be given back: that is to be taken again.
      work.renew(owner, busy, now.plus(config.lease()));
    }
    claim(parallel - busy.size(), now);
    for (var run : work.finished()) {
      var results = runs.results(run.tenant(), run.id());
      work.end(run, Grading.status(results), Grading.summary(results), clock.instant());
    }
  }

  private void claim(int places, Instant now) {
    if (places <= 0) {
      return;
    }
    var waiting = new HashMap<>(work.waiting(now));
    var left = places;
    for (var next = share.next(waiting); left > 0 && next.isPresent(); next = share.next(waiting)) {
      var tenant = next.get();
      var claimed = work.claim(tenant, owner, now, now.plus(config.lease()));
      if (claimed.isPresent()) {
        begin(claimed.get());
        share.served(tenant);
        waiting.merge(tenant, 1, Integer::sum);
        left--;
      } else {
        waiting.remove(tenant);
      }
    }
  }

  private void begin(Claimed claimed) {
    var id = claimed.result().id();
    var one =
        Thread.ofVirtual()
            .name("eval-" + id)
            .unstarted(
                () -> {
                  try {
                    carryOut(claimed);
                  } finally {
                    ended(id);
                  }
                });
    lock.lock();
    try {
      if (running.putIfAbsent(id, one) != null) {
        // It was lost to another node, which lost it too, and is under way here all the time.
        return;
      }
    } finally {
      lock.unlock();
    }
    one.start();
  }

  private void ended(String id) {
    lock.lock();
    try {
      running.remove(id);
    } finally {
      lock.unlock();
    }
    wake();
  }

  /** Where the database is away, the case is taken again when its lease has passed. */
  private void carryOut(Claimed claimed) {
    var id = claimed.result().id();
    try {
      switch (call.make(claimed)) {
        case EvalCall.Answered(var ending) -> {
          work.finish(id, storable(ending), clock.instant());
          call.tidy(claimed);
        }
        case EvalCall.NotNow(var why) -> again(claimed, why);
      }
    } catch (InterruptedException _) {
      giveBack(id);
    } catch (RuntimeException e) {
      if (e instanceof DatabaseException away && away.isUnreachable()) {
        LOG.warn("Eval case {} is tried again: {}", id, e.toString());
      } else {
        LOG.error("Eval case {} failed in attempt {}", id, claimed.attempts(), e);
        giveUpOrAgain(claimed);
      }
    }
  }

  /** What fails for a reason of its own would fail for ever. */
  private void giveUpOrAgain(Claimed claimed) {
    var id = claimed.result().id();
    try {
      again(claimed, "The case could not be run or its answer not stored; the node's log says why");
    } catch (InterruptedException _) {
      giveBack(id);
    } catch (RuntimeException e) {
      LOG.warn("Eval case {} is free when its lease has passed: {}", id, e.toString());
    }
  }

  private void again(Claimed claimed, String why) throws InterruptedException {
    var id = claimed.result().id();
    if (claimed.attempts() < config.attempts()) {
      work.release(owner, id, clock.instant().plus(config.poll()));
    } else {
      work.finish(
          id,
          storable(
              new Ending(
                  Optional.empty(), Optional.empty(), OptionalLong.empty(), Optional.of(why))),
          clock.instant());
      call.tidy(claimed);
    }
  }

  /** An agent may have written what no database takes. */
  private static Ending storable(Ending ending) {
    return new Ending(
        ending.response().map(StorableText::of),
        ending.score(),
        ending.latencyMs(),
        ending.error().map(StorableText::error));
  }

  private void giveBack(String id) {
    try {
      work.release(owner, id, clock.instant());
    } catch (DatabaseException e) {
      LOG.warn("Eval case {} is free when its lease has passed: {}", id, e.toString());
    }
  }
}
