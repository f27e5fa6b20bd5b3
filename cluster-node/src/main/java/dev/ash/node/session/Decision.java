package dev.ash.node.session;

import dev.ash.protocol.http.EntityTag;
import dev.ash.protocol.session.Cursor;
import dev.ash.protocol.session.Rejection;
import dev.ash.protocol.session.SessionEvent;
import java.util.List;

/**
 * What a command causes: events that are stored as one write, what the worker is told once they
 * are, and what the caller is answered.
 */
record Decision(List<SessionEvent> events, List<WorkerCommand> then, Answer answer) {
  Decision {
    events = List.copyOf(events);
    then = List.copyOf(then);
  }

  static Decision refuse(Rejection.Code code, String detail) {
    return new Decision(List.of(), List.of(), new Answer.Refuse(new Rejection(code, detail)));
  }

  static Decision show() {
    return new Decision(List.of(), List.of(), new Answer.Show());
  }

  static Decision nothing() {
    return new Decision(List.of(), List.of(), new Answer.Nothing());
  }

  /** The answer to the caller, once the events are stored. */
  sealed interface Answer {
    /** The session as it then is. */
    record Show() implements Answer {}

    record TurnTaken(long turn, Cursor from) implements Answer {}

    /** The session as it then is, and what was found of the turn. */
    record Interrupted(long turn, Sessions.TurnWas was) implements Answer {}

    record Refuse(Rejection why) implements Answer {}

    /** The settings are in a state in which the change is not wanted. */
    record Stale(EntityTag current) implements Answer {}

    /** Nobody asked. */
    record Nothing() implements Answer {}

    /** What a caller is told when the session is as it then is. */
    default SessionReply reply(SessionState after) {
      return switch (this) {
        case Show() -> new SessionReply.Shown(SessionReply.View.of(after));
        case TurnTaken(var turn, var from) -> new SessionReply.TurnTaken(turn, from);
        case Interrupted(var turn, var was) ->
            new SessionReply.Interrupted(SessionReply.View.of(after), turn, was);
        case Refuse(var why) -> new SessionReply.Refused(why);
        case Stale(var current) -> new SessionReply.Stale(current.opaque());
        case Nothing() -> throw new IllegalStateException("a caller wants an answer");
      };
    }
  }
}
