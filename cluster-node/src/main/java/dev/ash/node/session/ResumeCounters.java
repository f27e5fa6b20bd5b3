package dev.ash.node.session;

import dev.ash.protocol.session.SessionEvent;
import dev.ash.protocol.session.SessionEvent.Resumed;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** How sessions were resumed since the node started (contract 8.1). Thread-safe. */
final class ResumeCounters {
  final LongAdder warm = new LongAdder();
  final LongAdder cold = new LongAdder();
  final LongAdder local = new LongAdder();
  final LongAdder fresh = new LongAdder();

  void count(List<SessionEvent> events) {
    for (var event : events) {
      if (event instanceof Resumed resumed) {
        (resumed.path().equals("warm") ? warm : cold).increment();
        resumed.source().ifPresent(source -> (source.equals("fresh") ? fresh : local).increment());
      }
    }
  }
}
