package dev.ash.protocol.session;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A place in a session's stream, written {@code <sequence>.<frame>}: what lies after it has not
 * been seen. The sequence is the journal's; frames count from 1 within an event, and the partial
 * deltas published after an event go on counting from its last frame.
 */
public record Cursor(long sequence, int frame) implements Comparable<Cursor> {
  private static final Pattern FORM = Pattern.compile("(\\d{1,18})(?:\\.(\\d{1,10}))?");

  /** Before the first event. */
  public static final Cursor START = new Cursor(0, Integer.MAX_VALUE);

  /** After the last frame and the last delta of an event. */
  public static Cursor after(long sequence) {
    return new Cursor(sequence, Integer.MAX_VALUE);
  }

  /** Before the first frame of an event. */
  public static Cursor before(long sequence) {
    return after(sequence - 1);
  }

  /** A bare sequence means all frames of that event; text that is no cursor gives none. */
  public static Optional<Cursor> parse(String text) {
    var match = FORM.matcher(text.strip());
    if (!match.matches()) {
      return Optional.empty();
    }
    var frame = match.group(2);
    var sequence = Long.parseLong(match.group(1));
    if (frame == null) {
      return Optional.of(after(sequence));
    }
    // Ten digits: the frame of after() is the largest int, and has to be read again.
    var number = Long.parseLong(frame);
    return number > Integer.MAX_VALUE
        ? Optional.empty()
        : Optional.of(new Cursor(sequence, (int) number));
  }

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static Cursor fromJson(String text) {
    return parse(text).orElseThrow(() -> new IllegalArgumentException("cursor: " + text));
  }

  @Override
  public int compareTo(Cursor other) {
    var bySequence = Long.compare(sequence, other.sequence);
    return bySequence != 0 ? bySequence : Integer.compare(frame, other.frame);
  }

  public boolean isBefore(Cursor other) {
    return compareTo(other) < 0;
  }

  @JsonValue
  @Override
  public String toString() {
    return sequence + "." + frame;
  }
}
