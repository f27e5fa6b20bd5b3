package dev.ash.node.session;

import dev.ash.protocol.session.Marks;
import dev.ash.protocol.session.SessionEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Writes down the events of one decision, each with the marks that follow from those before it. */
final class Scribe {
  private final List<SessionEvent> events = new ArrayList<>();
  private Marks marks;

  Scribe(Marks before) {
    this.marks = before;
  }

  /**
   * Adds an event.
   *
   * @param event makes the event with given marks; called twice
   */
  Scribe add(Function<Marks, SessionEvent> event) {
    var draft = event.apply(Marks.NONE);
    marks = marks.plus(LogRows.message(draft).isPresent() ? 1 : 0, LogRows.timeline(draft).size());
    events.add(event.apply(marks));
    return this;
  }

  List<SessionEvent> events() {
    return List.copyOf(events);
  }
}
