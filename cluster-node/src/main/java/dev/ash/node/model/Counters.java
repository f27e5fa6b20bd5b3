package dev.ash.node.model;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** The numbers behind {@link Stats}. */
final class Counters {
  final LongAdder calls = new LongAdder();
  final AtomicLong open = new AtomicLong();
  final LongAdder refused = new LongAdder();
  final LongAdder failed = new LongAdder();
  final LongAdder cancelled = new LongAdder();
  final LongAdder requestBytes = new LongAdder();
  final LongAdder responseBytes = new LongAdder();
  final AtomicLong connections = new AtomicLong();

  Stats stats() {
    return new Stats(
        calls.sum(),
        open.get(),
        refused.sum(),
        failed.sum(),
        cancelled.sum(),
        requestBytes.sum(),
        responseBytes.sum(),
        connections.get());
  }
}
