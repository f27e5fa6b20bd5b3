package dev.ash.node.session;

import dev.ash.protocol.id.SessionId;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.japi.function.Function;

/** Asks session entities, wherever they are. A failed ask is an answer too. */
@FunctionalInterface
interface SessionEntities {

  /**
   * Asks and waits for the answer.
   *
   * @param patience what the command itself may take, on top of the usual time
   */
  CompletionStage<SessionReply> ask(
      SessionId id, Function<ActorRef<SessionReply>, SessionCommand> command, Duration patience);

  default CompletionStage<SessionReply> ask(
      SessionId id, Function<ActorRef<SessionReply>, SessionCommand> command) {
    return ask(id, command, Duration.ZERO);
  }
}
