package dev.ash.node.session;

import dev.ash.node.session.SessionReply.Refused;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.Rejection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.japi.function.Function;

/**
 * Asks by cluster sharding. A question to an owner that died gets no answer, so what may be asked
 * twice is asked again until {@code askTimeout} is over: by then another node owns the session.
 */
final class ShardedEntities implements SessionEntities {
  /** How long an answer may take before its owner is taken for dead. */
  private static final Duration ATTEMPT = Duration.ofSeconds(2);

  private final ActorSystem<?> system;
  private final ClusterSharding sharding;
  private final Duration askTimeout;
  private final Parcels parcels;
  private final Executor blocking;
  private final InstantSource clock;

  ShardedEntities(
      ActorSystem<?> system,
      Duration askTimeout,
      Parcels parcels,
      Executor blocking,
      InstantSource clock) {
    this.system = system;
    this.sharding = ClusterSharding.get(system);
    this.askTimeout = askTimeout;
    this.parcels = parcels;
    this.blocking = blocking;
    this.clock = clock;
  }

  @Override
  public CompletionStage<SessionReply> ask(
      SessionId id, Function<ActorRef<SessionReply>, SessionCommand> command, Duration patience) {
    return ask(id, command, patience, clock.instant().plus(askTimeout).plus(patience))
        .thenCompose(
            reply ->
                reply instanceof SessionReply.InParcel
                    ? CompletableFuture.supplyAsync(() -> parcels.unpacked(reply), blocking)
                    : CompletableFuture.completedFuture(reply));
  }

  private CompletionStage<SessionReply> ask(
      SessionId id,
      Function<ActorRef<SessionReply>, SessionCommand> command,
      Duration patience,
      Instant deadline) {
    var left = Duration.between(clock.instant(), deadline);
    if (!left.isPositive()) {
      return CompletableFuture.completedFuture(
          new Refused(
              new Rejection(Rejection.Code.UNAVAILABLE, "The session did not answer; try again")));
    }
    var attempt = ATTEMPT.plus(patience);
    var again = mayRepeat(command) && attempt.compareTo(left) < 0;
    return sharding
        .entityRefFor(SessionEntity.KEY, id.value())
        .<SessionReply>ask(command, again ? attempt : left)
        .exceptionallyCompose(_ -> ask(id, command, patience, again ? deadline : Instant.EPOCH));
  }

  private boolean mayRepeat(Function<ActorRef<SessionReply>, SessionCommand> command) {
    try {
      return isRepeatable(command.apply(system.ignoreRef()));
    } catch (Exception e) {
      throw new IllegalStateException("a command could not be made", e);
    }
  }

  /**
   * Whether the second of two has the effect and the answer of one. Of two interrupts of a turn the
   * second may find it ended, which is what its caller wanted.
   */
  private static boolean isRepeatable(SessionCommand command) {
    return switch (command) {
      case SessionCommand.Create _,
          SessionCommand.Interrupt _,
          SessionCommand.InterruptTurn _,
          SessionCommand.Resume _,
          SessionCommand.End _,
          SessionCommand.Reconfigure _,
          SessionCommand.Show _,
          SessionCommand.Read _,
          SessionCommand.ListFiles _,
          SessionCommand.ReadFile _,
          SessionCommand.Flush _,
          SessionCommand.Logs _ ->
          true;
      case SessionCommand.Send send -> send.idempotencyKey().isPresent();
      case SessionCommand.SendParcel send -> send.idempotencyKey().isPresent();
      case SessionCommand.Pause _,
          SessionCommand.Stop _,
          SessionCommand.SwapWorkspace _,
          SessionCommand.Exec _,
          SessionCommand.WriteFile _,
          SessionCommand.DeleteFile _,
          SessionCommand.Unpack _,
          SessionCommand.Internal _ ->
          false;
    };
  }
}
