package dev.ash.bridge;

/** Starts the bridge's threads: daemons with small stacks. */
final class Threads {
  private static final long STACK = 256 << 10;

  private Threads() {}

  static Thread start(String name, Runnable work) {
    var thread = create(name, work);
    thread.start();
    return thread;
  }

  static Thread create(String name, Runnable work) {
    return Thread.ofPlatform().daemon().name(name).stackSize(STACK).unstarted(work);
  }
}
