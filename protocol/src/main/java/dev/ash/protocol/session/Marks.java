package dev.ash.protocol.session;

/**
 * How many rows of {@code GET /messages} and of {@code GET /events} a session has once an event is
 * stored. Every event carries its marks, so that both lists are read from the journal by bisection
 * and need no table of their own.
 */
public record Marks(long messages, long timeline) {
  public static final Marks NONE = new Marks(0, 0);

  public Marks plus(int moreMessages, int moreTimeline) {
    return new Marks(messages + moreMessages, timeline + moreTimeline);
  }
}
