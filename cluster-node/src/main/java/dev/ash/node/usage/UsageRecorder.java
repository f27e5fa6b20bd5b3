package dev.ash.node.usage;

import dev.ash.persistence.Database.DatabaseException;
import dev.ash.persistence.journal.SessionLog;
import dev.ash.persistence.table.UsageTable;
import dev.ash.persistence.table.UsageTable.Counted;
import dev.ash.protocol.id.SessionId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts what sessions used by reading their journals from where it read last, on a thread of its
 * own. Nothing but the journal says what is to be counted, so a node that dies loses nothing: the
 * session is counted when it next stores something, is next recovered, or at the start of a node.
 * Threads may share it.
 */
public final class UsageRecorder implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(UsageRecorder.class);
  private static final int MOST_WAITING = 50_000;
  private static final int SESSIONS_A_COMMIT = 100;
  private static final int PAGE_EVENTS = 500;
  private static final long PAGE_BYTES = 4 << 20;
  private static final long RETRY_MS = 1000;

  /** What a node may have stored and not counted when it died is a small part of these. */
  private static final int LOOK_BACK = 20_000;

  private static final int MOST_UNREADABLE = 10_000;

  private final UsageTable table;
  private final SessionLog log;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final PriorityQueue<Waiter> waiters =
      new PriorityQueue<>(Comparator.comparingLong(Waiter::round));
  private Set<SessionId> marked = new LinkedHashSet<>();

  /** What was logged already; each start of a node logs it once. */
  private final Set<SessionId> unreadable = new HashSet<>();

  private long round;
  private boolean lookBack = true;
  private boolean closed;
  private final Thread thread;

  /** Somebody who wants all counted that was marked before he came. */
  private record Waiter(long round, CompletableFuture<Boolean> done) {}

  /** What is counted next. */
  private record Work(Set<SessionId> sessions, long round, boolean lookBack) {}

  public UsageRecorder(UsageTable table, SessionLog log) {
    this.table = table;
    this.log = log;
    this.thread = Thread.ofVirtual().name("usage-recorder").start(this::run);
  }

  /** The session has stored something; never waits for the database. */
  public void mark(SessionId session) {
    lock.lock();
    try {
      if (marked.size() < MOST_WAITING) {
        marked.add(session);
      } else {
        lookBack = true;
      }
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Completes, always, when what was marked before is counted: with false when that failed. */
  public CompletionStage<Boolean> settled() {
    var done = new CompletableFuture<Boolean>();
    lock.lock();
    try {
      if (closed) {
        done.complete(false);
      } else {
        waiters.add(new Waiter(round + 1, done));
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
    return done;
  }

  /** Returns when what was marked is counted, or could not be. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
    try {
      thread.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      for (var work = next(); work.isPresent(); work = next()) {
        var counted = count(work.get());
        answer(work.get().round(), counted);
        if (!counted && !again(work.get())) {
          return;
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      // Whoever comes after the last answer must not wait for another.
      shut();
      answer(Long.MAX_VALUE, false);
    }
  }

  private void shut() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
  }

  /** Empty when there is no more work to come. */
  private Optional<Work> next() throws InterruptedException {
    lock.lock();
    try {
      while (marked.isEmpty() && !lookBack && waiters.isEmpty()) {
        if (closed) {
          return Optional.empty();
        }
        changed.await();
      }
      if (closed && marked.isEmpty()) {
        return Optional.empty();
      }
      round++;
      var work = new Work(marked, round, lookBack);
      marked = new LinkedHashSet<>();
      lookBack = false;
      return Optional.of(work);
    } finally {
      lock.unlock();
    }
  }

  private void answer(long upTo, boolean counted) {
    var done = new ArrayList<Waiter>();
    lock.lock();
    try {
      while (!waiters.isEmpty() && waiters.peek().round() <= upTo) {
        done.add(waiters.poll());
      }
    } finally {
      lock.unlock();
    }
    done.forEach(waiter -> waiter.done().complete(counted));
  }

  /** Puts failed work back and waits a little; false when the node ends. */
  private boolean again(Work work) throws InterruptedException {
    lock.lock();
    try {
      if (closed) {
        return false;
      }
      marked.addAll(work.sessions());
      lookBack |= work.lookBack();
      var left = TimeUnit.MILLISECONDS.toNanos(RETRY_MS);
      while (left > 0 && !closed) {
        left = changed.awaitNanos(left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  private boolean count(Work work) {
    try {
      if (work.lookBack()) {
        count(log.recent(LOOK_BACK));
      }
      count(work.sessions());
      return true;
    } catch (DatabaseException e) {
      LOG.warn("Usage of {} sessions is not counted yet: {}", work.sessions().size(), e.toString());
      return false;
    } catch (RuntimeException e) {
      LOG.error("Usage of {} sessions is not counted yet", work.sessions().size(), e);
      return false;
    }
  }

  private void count(Collection<SessionId> sessions) {
    var batch = new ArrayList<Counted>();
    for (var session : sessions) {
      batch.addAll(read(session));
      if (batch.size() >= SESSIONS_A_COMMIT) {
        table.store(batch);
        batch.clear();
      }
    }
    if (!batch.isEmpty()) {
      table.store(batch);
    }
  }

  /** What there is to store of a session; a journal that nobody can read holds up no other. */
  private List<Counted> read(SessionId session) {
    try {
      var known = table.progress(session);
      var fold = new UsageFold(session, known);
      var after = known.map(UsageTable.Progress::sequence).orElse(0L);
      var page = log.read(session, after, PAGE_EVENTS, PAGE_BYTES);
      while (!page.isEmpty()) {
        page.forEach(stored -> fold.add(stored.sequence(), stored.event()));
        after = page.getLast().sequence();
        page = log.read(session, after, PAGE_EVENTS, PAGE_BYTES);
      }
      // Without rows nothing is gained by storing how far it was read.
      return fold.rows().isEmpty()
          ? List.of()
          : List.of(new Counted(session, fold.rows(), fold.progress().orElseThrow()));
    } catch (DatabaseException e) {
      throw e;
    } catch (RuntimeException e) {
      if (unreadable.size() < MOST_UNREADABLE && unreadable.add(session)) {
        LOG.warn("Usage of session {} cannot be counted", session, e);
      }
      return List.of();
    }
  }
}
