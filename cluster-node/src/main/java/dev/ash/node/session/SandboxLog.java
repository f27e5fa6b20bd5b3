package dev.ash.node.session;

import dev.ash.node.session.Sessions.LogLine;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.List;

/** What a session's sandbox said aside from the agent's lines (contract 5.5). Thread-safe. */
final class SandboxLog {
  private static final int KEPT = 10_000;
  private static final int LONGEST = 8_192;

  private final InstantSource clock;
  private final ArrayDeque<LogLine> lines = new ArrayDeque<>();
  private long next;

  SandboxLog(InstantSource clock) {
    this.clock = clock;
  }

  synchronized void add(String level, String text) {
    var kept = text.length() > LONGEST ? text.substring(0, LONGEST) + "…" : text;
    lines.add(new LogLine(next++, level, kept, clock.instant()));
    if (lines.size() > KEPT) {
      lines.remove();
    }
  }

  synchronized List<LogLine> after(long index) {
    return lines.stream().filter(line -> line.index() > index).toList();
  }
}
