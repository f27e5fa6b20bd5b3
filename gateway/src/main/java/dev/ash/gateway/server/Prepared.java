package dev.ash.gateway.server;

/**
 * What is ready to take the place of something that serves. All that may fail is behind it: it is
 * taken whole, or put away as if it had never been.
 */
final class Prepared implements AutoCloseable {
  private final Runnable take;
  private final Runnable putAway;
  private boolean taken;

  Prepared(Runnable take, Runnable putAway) {
    this.take = take;
    this.putAway = putAway;
  }

  /** Nothing to change. */
  static Prepared nothing() {
    return new Prepared(() -> {}, () -> {});
  }

  void commit() {
    taken = true;
    take.run();
  }

  @Override
  public void close() {
    if (!taken) {
      putAway.run();
    }
  }
}
