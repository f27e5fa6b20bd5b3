package dev.ash.node.session;

import dev.ash.node.session.SessionCommand.RowWritten;
import dev.ash.node.session.SessionReply.Refused;
import dev.ash.node.session.SessionReply.Shown;
import dev.ash.node.session.SessionReply.View;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.Rejection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

/**
 * The session's row in the list, and who is to be told when it is written: the list may be behind
 * until then. The entity hears of each as {@code RowWritten}. Belongs to the entity's thread.
 */
final class SessionListing {
  private final SessionId id;
  private final ActorContext<SessionCommand> context;
  private final SessionDirectory directory;

  SessionListing(SessionId id, ActorContext<SessionCommand> context, SessionDirectory directory) {
    this.id = id;
    this.context = context;
    this.directory = directory;
  }

  CompletionStage<Void> write(SessionState state, Optional<Map<String, String>> environment) {
    var facts = SessionState.facts(state).orElseThrow();
    return directory.write(id, facts, SessionState.status(state), environment);
  }

  /** Nobody waits for the row; that it could not be written is still said. */
  void note(CompletionStage<Void> written, SessionState state) {
    context.pipeToSelf(
        written, (_, failure) -> rowWritten(context.getSystem().ignoreRef(), state, failure));
  }

  /** A caller who may look at the list next is answered when the list is right. */
  void answer(
      CompletionStage<Void> written,
      SessionState state,
      ActorRef<SessionReply> replyTo,
      SessionReply reply) {
    context.pipeToSelf(
        written,
        (_, failure) ->
            failure == null
                ? new RowWritten(replyTo, reply, Optional.empty())
                : rowWritten(replyTo, state, failure));
  }

  private static RowWritten rowWritten(
      ActorRef<SessionReply> replyTo, SessionState state, @Nullable Throwable failure) {
    return failure == null
        ? new RowWritten(replyTo, new Shown(View.of(state)), Optional.empty())
        : new RowWritten(
            replyTo,
            new Refused(
                new Rejection(
                    Rejection.Code.UNAVAILABLE,
                    "The session list could not be written; try again")),
            Optional.of("its row was not written: " + failure));
  }
}
