package dev.ash.node.session;

import dev.ash.node.session.SessionReply.Refused;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.Rejection;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
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

  static SessionEntities sharded(ClusterSharding sharding, Duration askTimeout) {
    return (id, command, patience) ->
        sharding
            .entityRefFor(SessionEntity.KEY, id.value())
            .<SessionReply>ask(command, askTimeout.plus(patience))
            .exceptionally(
                _ ->
                    new Refused(
                        new Rejection(
                            Rejection.Code.UNAVAILABLE, "The session did not answer; try again")));
  }
}
