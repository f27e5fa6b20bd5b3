package dev.ash.bridge;

import dev.ash.protocol.bridge.BridgeFrame.AgentLine;
import dev.ash.protocol.bridge.BridgeFrame.End;
import dev.ash.protocol.bridge.FrameLimits;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Passes what the agent writes to the node as parts of lines, never holding more than one part. A
 * line whose beginning went to an earlier owner is not continued to the next. For one thread.
 */
final class LineForwarder {
  private final Supplier<@Nullable Outbox> outlet;
  private final byte[] part = new byte[FrameLimits.LINE_PART];
  private int length;
  private long lineBytes;
  private @Nullable Outbox begunAt;
  private boolean dropping;

  LineForwarder(Supplier<@Nullable Outbox> outlet) {
    this.outlet = outlet;
  }

  void accept(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to) {
      int end = at;
      while (end < to && bytes[end] != '\n') {
        end++;
      }
      append(bytes, at, end);
      if (end < to) {
        endLine();
      }
      at = end + 1;
    }
  }

  /** The stream is over; a line without its newline counts as one. */
  void end() {
    if (lineBytes > 0) {
      endLine();
    }
  }

  private void append(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to) {
      if (length == part.length) {
        passPart();
      }
      int n = Math.min(to - at, part.length - length);
      System.arraycopy(bytes, at, part, length, n);
      length += n;
      lineBytes += n;
      at += n;
      if (lineBytes > FrameLimits.AGENT_LINE && !dropping) {
        emit(0, End.CUT);
        dropping = true;
      }
    }
  }

  /** Cuts before a character that is not whole yet. */
  private void passPart() {
    int cut = length;
    int back = 0;
    while (back < 4 && (part[cut - 1] & 0xC0) == 0x80) {
      cut--;
      back++;
    }
    if ((part[cut - 1] & 0xC0) == 0xC0) {
      cut--;
    } else {
      cut = length;
    }
    emit(cut, End.MORE);
    System.arraycopy(part, cut, part, 0, length - cut);
    length -= cut;
  }

  private void endLine() {
    emit(length, End.LINE);
    length = 0;
    lineBytes = 0;
    begunAt = null;
    dropping = false;
  }

  private void emit(int bytes, End end) {
    if (dropping) {
      return;
    }
    var current = outlet.get();
    if (begunAt == null) {
      begunAt = current;
    }
    if (current == null || current != begunAt) {
      dropping = true;
      return;
    }
    current.put(new AgentLine(new String(part, 0, bytes, StandardCharsets.UTF_8), end));
  }
}
