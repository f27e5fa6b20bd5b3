package dev.ash.node.session;

import dev.ash.node.session.Sessions.LogLine;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.List;
import java.util.stream.Collectors;

/** What a session's sandbox said aside from the agent's lines (contract 5.5). Thread-safe. */
final class SandboxLog {
  private static final int KEPT = 10_000;
  private static final int LONGEST = 8_192;
  private static final int LONGEST_WORDS = 300;

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

  /** The index that the next line will have. */
  synchronized long next() {
    return next;
  }

  /** The newest lines of a level from an index on, as one line that is fit for a reason. */
  synchronized String last(String level, long from, int count) {
    var found =
        lines.stream().filter(line -> line.index() >= from && line.level().equals(level)).toList();
    return found.subList(Math.max(0, found.size() - count), found.size()).stream()
        .map(line -> line.text().strip())
        .map(text -> text.length() > LONGEST_WORDS ? text.substring(0, LONGEST_WORDS) + "…" : text)
        .collect(Collectors.joining(" | "));
  }

  synchronized List<LogLine> after(long index) {
    return lines.stream().filter(line -> line.index() > index).toList();
  }
}
