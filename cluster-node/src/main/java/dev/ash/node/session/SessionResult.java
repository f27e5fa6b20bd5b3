package dev.ash.node.session;

import dev.ash.node.session.SessionReply.Refused;
import dev.ash.node.session.SessionReply.Shown;
import dev.ash.node.session.Sessions.Result;
import dev.ash.node.session.Sessions.Session;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.Rejection;

/** What a session's entity answered, as those who use the port are told it. */
final class SessionResult {
  private SessionResult() {}

  /** The answer to who wants to see the session. */
  static Result<Session> shown(SessionId id, SessionReply reply) {
    return reply instanceof Shown(var view)
        ? new Result.Ok<>(StoredDirectory.session(id, view))
        : refusal(reply);
  }

  /** An answer that is not the one that was wanted. */
  static <T> Result<T> refusal(SessionReply reply) {
    return new Result.Refused<>(why(reply));
  }

  static Rejection why(SessionReply reply) {
    return reply instanceof Refused(var why)
        ? why
        : new Rejection(Rejection.Code.FAILED, "The session answered something else");
  }
}
