package dev.ash.bridge;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Starts the bridge's threads: daemons with small stacks. */
final class Threads {
  private static final long STACK = 256 << 10;

  private Threads() {}

  static Thread start(String name, Runnable work) {
    var thread = create(name, work);
    thread.start();
    return thread;
  }

  /** False when the sandbox may have no more threads: the agent's count, too. */
  static boolean tryStart(String name, Runnable work) {
    return tryStart(create(name, work));
  }

  /** False when the sandbox may have no more threads: the agent's count, too. */
  static boolean tryStart(Thread thread) {
    try {
      thread.start();
      return true;
    } catch (OutOfMemoryError _) {
      return false;
    }
  }

  /**
   * Threads that are there before anybody needs them, so that the agent cannot use up what they are
   * made of.
   *
   * @param waiting how much work may wait for them
   */
  static ExecutorService reserved(String name, int count, int waiting) {
    var threads =
        new ThreadPoolExecutor(
            count,
            count,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(waiting),
            work -> create(name, work));
    threads.prestartAllCoreThreads();
    return threads;
  }

  static Thread create(String name, Runnable work) {
    return Thread.ofPlatform().daemon().name(name).stackSize(STACK).unstarted(work);
  }
}
