package dev.ash.node.bridge;

import dev.ash.node.bridge.BridgeException.Kind;
import dev.ash.protocol.bridge.FrameLimits;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The lines on their way to the agent: one after the other, in parts, a few parts under way at
 * once, so that neither end holds more of a large message than it must.
 */
final class AgentInput {
  private static final int PART = FrameLimits.LINE_PART / 3;
  private static final int WAITING_LINES = 1000;

  private final Send send;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Line> lines = new ArrayDeque<>();
  private int underWay;

  /** Sends one part; the stage completes when the agent has it. */
  interface Send {
    CompletionStage<Void> part(String data, boolean last);
  }

  private static final class Line {
    private final String text;
    private final CompletableFuture<Void> promise = new CompletableFuture<>();
    private int at;
    private boolean broken;

    Line(String text) {
      this.text = text;
    }
  }

  AgentInput(Send send) {
    this.send = send;
  }

  CompletionStage<Void> tell(String text) {
    // Three bytes a character are the most that UTF-8 needs.
    if (text.indexOf('\n') >= 0 || text.length() > FrameLimits.PROMPT_LINE) {
      return CompletableFuture.failedFuture(
          new BridgeException(Kind.INVALID, "line: (expected: one line, not too long)"));
    }
    var line = new Line(text);
    lock.lock();
    try {
      if (lines.size() == WAITING_LINES) {
        return CompletableFuture.failedFuture(
            new BridgeException(Kind.FAILED, "agent: does not read its input"));
      }
      lines.add(line);
    } finally {
      lock.unlock();
    }
    pump();
    return line.promise;
  }

  private void pump() {
    var parts = new ArrayList<Part>();
    lock.lock();
    try {
      while (underWay < FrameLimits.LINE_WINDOW && !lines.isEmpty()) {
        underWay++;
        parts.add(send(lines.element()));
      }
    } finally {
      lock.unlock();
    }
    settle(parts);
  }

  private record Part(Line line, boolean last, CompletionStage<Void> stage) {}

  /** The next part; a line that broke is only ended, so that the next one begins on its own. */
  private Part send(Line line) {
    int end = line.broken ? line.at : Math.min(line.text.length(), line.at + PART);
    if (end < line.text.length() && !line.broken && splitsPair(line.text, end)) {
      end--;
    }
    boolean last = line.broken || end == line.text.length();
    var stage = send.part(line.text.substring(line.at, end), last);
    line.at = end;
    if (last) {
      lines.remove();
    }
    return new Part(line, last, stage);
  }

  private static boolean splitsPair(String text, int at) {
    return Character.isHighSurrogate(text.charAt(at - 1))
        && Character.isLowSurrogate(text.charAt(at));
  }

  /** Outside of the lock: what completes here runs other people's code. */
  private void settle(List<Part> parts) {
    for (var part : parts) {
      var _ = part.stage().whenComplete((_, e) -> settled(part, e));
    }
  }

  @SuppressWarnings("NullAway") // A stage of Void completes with null.
  private void settled(Part part, @Nullable Throwable e) {
    lock.lock();
    try {
      underWay--;
      part.line().broken |= e != null;
    } finally {
      lock.unlock();
    }
    if (e != null) {
      part.line().promise.completeExceptionally(e);
    } else if (part.last()) {
      part.line().promise.complete(null);
    }
    pump();
  }
}
