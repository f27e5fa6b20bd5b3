package dev.ash.node.queue;

import dev.ash.node.session.Sessions;
import dev.ash.node.session.Sessions.Accepted;
import dev.ash.node.session.Sessions.Follow;
import dev.ash.node.session.Sessions.Frame;
import dev.ash.node.session.Sessions.Message;
import dev.ash.node.session.Sessions.NewSession;
import dev.ash.node.session.Sessions.Result;
import dev.ash.node.session.Sessions.WhenBusy;
import dev.ash.persistence.table.QueueClaims;
import dev.ash.persistence.table.QueueRow;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.json.Json;
import dev.ash.protocol.session.Cursor;
import dev.ash.protocol.session.SessionSettings;
import dev.ash.protocol.session.TurnOptions;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.javadsl.Sink;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt at one item: a session, a message, and the wait for the end of its turn. Each step
 * carries the attempt's key or is noted in the item, so the same attempt may be begun again
 * anywhere and any number of times, also while another has not noticed that it lost the item.
 */
final class Attempt {
  private static final Logger LOG = LoggerFactory.getLogger(Attempt.class);

  private final QueueRow item;
  private final Sessions sessions;
  private final QueueClaims claims;
  private final ActorSystem<?> system;
  private final Executor blocking;
  private final SharedKillSwitch stop;

  /** The turn, once it is accepted. */
  private volatile Optional<Place> place;

  /** Whether its item was cancelled, perhaps before the turn was accepted. */
  private volatile boolean unwanted;

  /** A turn of a session. */
  private record Place(SessionId session, long turn) {}

  /**
   * What of a turn's frames matters.
   *
   * @param error of the last frame, if it was an error
   */
  private record Heard(Optional<String> error, boolean done) {
    static final Heard NOTHING = new Heard(Optional.empty(), false);

    Heard and(Frame frame) {
      return switch (frame.event()) {
        case "error" ->
            new Heard(Json.parse(frame.data()).map(json -> json.path("error").asText()), false);
        case "done" -> new Heard(error, true);
        default -> NOTHING;
      };
    }
  }

  Attempt(
      QueueRow item,
      Sessions sessions,
      QueueClaims claims,
      ActorSystem<?> system,
      Executor blocking) {
    this.item = item;
    this.sessions = sessions;
    this.claims = claims;
    this.system = system;
    this.blocking = blocking;
    this.place =
        item.turn()
            .flatMap(turn -> item.session().map(session -> new Place(session, turn.number())));
    this.stop = KillSwitches.shared("queue-item-" + item.id());
  }

  QueueRow item() {
    return item;
  }

  /** Never fails. */
  CompletionStage<Ending> run() {
    CompletionStage<Ending> ending;
    try {
      ending = begun();
    } catch (RuntimeException e) {
      ending = CompletableFuture.failedStage(e);
    }
    return ending.exceptionally(
        failure -> {
          LOG.warn("Queue item {} will be tried again", item.id(), failure);
          return new Ending.Hindered("Unexpected error; the node's log has more under this item");
        });
  }

  private CompletionStage<Ending> begun() {
    if (item.turn().isPresent() && item.session().isPresent()) {
      var turn = item.turn().get();
      return follow(
          item.session().get(),
          new Accepted(turn.number(), Cursor.parse(turn.cursor()).orElse(Cursor.START)));
    }
    return item.sessionGiven() ? send(item.session().orElseThrow()) : create();
  }

  private CompletionStage<Ending> create() {
    if (!AgentName.isValid(item.agent())) {
      return ended(new Ending.Failed("Agent \"" + item.agent() + "\" not found"));
    }
    return sessions
        .create(
            item.tenant(),
            new NewSession(
                new AgentName(item.agent()),
                SessionSettings.NONE,
                Map.of(),
                Optional.of(QueueRules.key(item))))
        .thenCompose(
            created ->
                switch (created) {
                  case Result.Ok<Sessions.Session>(var made) -> send(made.id());
                  case Result.Refused<Sessions.Session>(var why) ->
                      ended(QueueRules.refused(why, Optional.empty()));
                });
  }

  private CompletionStage<Ending> send(SessionId id) {
    var message =
        new Message(
            item.promptJson(), TurnOptions.NONE, WhenBusy.QUEUE, Optional.of(QueueRules.key(item)));
    return sessions
        .send(item.tenant(), id, message)
        .thenCompose(
            sent ->
                switch (sent) {
                  case Result.Ok<Accepted>(var accepted) -> noted(id, accepted);
                  case Result.Refused<Accepted>(var why) ->
                      ended(QueueRules.refused(why, Optional.of(id)));
                });
  }

  private CompletionStage<Ending> noted(SessionId id, Accepted accepted) {
    var at = new Place(id, accepted.turn());
    place = Optional.of(at);
    if (unwanted) {
      interrupt(at);
      return ended(new Ending.Withdrawn());
    }
    var turn = new QueueRow.Turn(accepted.turn(), accepted.from().toString());
    return CompletableFuture.supplyAsync(() -> claims.began(item, id, turn), blocking)
        .thenCompose(mine -> mine ? follow(id, accepted) : ended(new Ending.Withdrawn()));
  }

  private CompletionStage<Ending> follow(SessionId id, Accepted turn) {
    var wanted = new Follow(turn.from(), OptionalLong.of(turn.turn()), false);
    return sessions
        .follow(item.tenant(), id, wanted)
        .thenCompose(
            following ->
                switch (following) {
                  case Result.Refused<
                          org.apache.pekko.stream.javadsl.Source<Frame, org.apache.pekko.NotUsed>>(
                          var why) ->
                      ended(QueueRules.refused(why, Optional.of(id)));
                  case Result.Ok<
                          org.apache.pekko.stream.javadsl.Source<Frame, org.apache.pekko.NotUsed>>(
                          var frames) ->
                      frames
                          .via(stop.flow())
                          .runWith(Sink.fold(Heard.NOTHING, Heard::and), system)
                          .thenApply(heard -> ending(id, heard));
                });
  }

  private static Ending ending(SessionId id, Heard heard) {
    if (!heard.done()) {
      return new Ending.Hindered("Session " + id + " was read to an end before its answer came");
    }
    return heard.error().<Ending>map(Ending.Failed::new).orElseGet(Ending.Answered::new);
  }

  /** Waits no more; what the session does goes on. */
  void leave() {
    stop.shutdown();
  }

  /**
   * Ends the turn, whether it runs or waits: what the session does for others is left alone. A turn
   * that is not accepted yet is ended when it is.
   */
  void interrupt() {
    unwanted = true;
    leave();
    place.ifPresent(this::interrupt);
  }

  private void interrupt(Place at) {
    var _ =
        sessions
            .interruptTurn(item.tenant(), at.session(), at.turn())
            .whenComplete(
                (_, failure) -> {
                  if (failure != null) {
                    LOG.warn(
                        "Turn {} of session {} of cancelled queue item {} goes on",
                        at.turn(),
                        at.session(),
                        item.id(),
                        failure);
                  }
                });
  }

  private static CompletionStage<Ending> ended(Ending ending) {
    return CompletableFuture.completedStage(ending);
  }
}
