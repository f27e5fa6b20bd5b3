package dev.ash.mcp;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The calls of all callers that run, for who wants to go when none does. Threads may share it. */
final class Busy {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Set<OpenCall> calls = new HashSet<>();

  void begin(OpenCall call) {
    lock.lock();
    try {
      calls.add(call);
    } finally {
      lock.unlock();
    }
  }

  void end(OpenCall call) {
    lock.lock();
    try {
      calls.remove(call);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until no call runs; those that still do after so long are left to their fate. */
  void leave(Duration longest) throws InterruptedException {
    lock.lock();
    try {
      var left = longest.toNanos();
      while (!calls.isEmpty() && left > 0) {
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
    running().forEach(OpenCall::leave);
  }

  private List<OpenCall> running() {
    lock.lock();
    try {
      return List.copyOf(calls);
    } finally {
      lock.unlock();
    }
  }
}
