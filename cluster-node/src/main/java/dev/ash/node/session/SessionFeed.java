package dev.ash.node.session;

import dev.ash.node.session.SessionReply.Batch;
import dev.ash.node.session.SessionReply.Behind;
import dev.ash.node.session.SessionReply.Delta;
import dev.ash.node.session.SessionReply.InLog;
import dev.ash.node.session.SessionReply.Item;
import dev.ash.node.session.SessionReply.Stored;
import dev.ash.node.session.Sessions.Follow;
import dev.ash.node.session.Sessions.Frame;
import dev.ash.persistence.Database.DatabaseException;
import dev.ash.persistence.journal.SessionLog;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Cursor;
import dev.ash.protocol.session.Rejection;
import dev.ash.protocol.session.SessionEvent;
import dev.ash.protocol.session.SessionEvent.AgentSaid;
import dev.ash.protocol.session.SessionEvent.Created;
import dev.ash.protocol.session.SessionEvent.Ended;
import dev.ash.protocol.session.SessionEvent.ModelNoted;
import dev.ash.protocol.session.SessionEvent.Paused;
import dev.ash.protocol.session.SessionEvent.Reconfigured;
import dev.ash.protocol.session.SessionEvent.Resumed;
import dev.ash.protocol.session.SessionEvent.Stopped;
import dev.ash.protocol.session.SessionEvent.TurnAccepted;
import dev.ash.protocol.session.SessionEvent.TurnContinued;
import dev.ash.protocol.session.SessionEvent.TurnEnded;
import dev.ash.protocol.session.SessionEvent.TurnStarted;
import dev.ash.protocol.session.SessionEvent.WorkspaceSaved;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;

/**
 * Follows a session's stream by asking for what lies after a cursor, again and again: the reader's
 * demand is the back-pressure, one request is under way at a time, and an owner that died is an
 * answer that did not come. What the owner no longer holds is read from the journal here.
 */
final class SessionFeed {
  private static final int BATCH = 256;
  private static final long BATCH_BYTES = 1 << 20;

  /** So many empty answers, and it is asked whether anything can come at all. */
  private static final int IDLE_ROUND = 12;

  private static final Duration RETRY = Duration.ofMillis(300);

  private final SessionEntities entities;
  private final SessionLog log;
  private final Duration readWait;
  private final Executor blocking;

  SessionFeed(SessionEntities entities, SessionLog log, Duration readWait, Executor blocking) {
    this.entities = entities;
    this.log = log;
    this.readWait = readWait;
    this.blocking = blocking;
  }

  /**
   * A reader's place.
   *
   * @param aligned whether the frames of the cursor's own event have all been seen
   * @param idle answers without anything in a row
   * @param journalUpTo what has to be read from the journal before the owner is asked again
   * @param turnEnd where what the reader wants ends, as far as that is known
   */
  private record Place(
      Cursor cursor, boolean aligned, long journalUpTo, int idle, boolean done, TurnEnd turnEnd) {
    Place at(Cursor next) {
      return new Place(next, true, journalUpTo, 0, done, turnEnd);
    }

    Place upTo(long sequence) {
      return new Place(cursor, aligned, sequence, 0, done, turnEnd);
    }

    Place end() {
      return new Place(cursor, aligned, journalUpTo, 0, true, turnEnd);
    }

    Place idler() {
      return new Place(cursor, aligned, journalUpTo, idle + 1, done, turnEnd);
    }

    Place busy(TurnEnd known) {
      return new Place(cursor, aligned, journalUpTo, 0, done, known);
    }

    /** Nothing that is wanted lies behind here, or ever will. */
    boolean isOver() {
      return done || turnEnd.isBehind(cursor.sequence());
    }
  }

  /**
   * The frames a reader is to see.
   *
   * @param over whether the session has ended, so that its journal is all there will be
   */
  Source<Frame, NotUsed> follow(TenantId tenant, SessionId id, Follow follow, boolean over) {
    var end = over ? TurnEnd.AHEAD : TurnEnd.unknown(follow.turn());
    var start = new Place(follow.after(), false, over ? Long.MAX_VALUE : 0, 0, false, end);
    return Source.unfoldAsync(start, place -> next(tenant, id, follow, place, over))
        .mapConcat(frames -> frames);
  }

  private CompletionStage<Optional<Pair<Place, List<Frame>>>> next(
      TenantId tenant, SessionId id, Follow follow, Place place, boolean over) {
    if (place.isOver()) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    if (!place.aligned()) {
      return over || place.cursor().frame() < Integer.MAX_VALUE
          ? aligned(id, follow, place)
          : begin(tenant, id, follow, place);
    }
    if (place.cursor().sequence() < place.journalUpTo()) {
      return CompletableFuture.supplyAsync(() -> fromJournal(id, follow, place, over), blocking)
          .exceptionallyCompose(failure -> unread(place, failure));
    }
    // Who wants a turn may stand behind its end, where nothing more of it would ever come.
    if (place.idle() >= IDLE_ROUND || !place.turnEnd().isKnown()) {
      return entities
          .ask(id, replyTo -> new SessionCommand.Show(tenant, replyTo))
          .thenCompose(reply -> fromOwner(id, follow, place, reply));
    }
    return entities
        .ask(
            id,
            replyTo -> new SessionCommand.Read(tenant, place.cursor(), BATCH, readWait, replyTo),
            readWait)
        .thenCompose(reply -> fromOwner(id, follow, place, reply));
  }

  /**
   * The first look from behind an event. Only who finds nothing there may stand behind the last
   * event of all and has it looked up: a turn that was just accepted costs no read of the journal.
   */
  private CompletionStage<Optional<Pair<Place, List<Frame>>>> begin(
      TenantId tenant, SessionId id, Follow follow, Place place) {
    return entities
        .ask(
            id,
            replyTo ->
                new SessionCommand.Read(tenant, place.cursor(), BATCH, Duration.ZERO, replyTo))
        .thenCompose(
            reply ->
                reply instanceof Batch(var items) && items.isEmpty()
                    ? aligned(id, follow, place)
                    : fromOwner(id, follow, place.at(place.cursor()), reply));
  }

  private CompletionStage<Optional<Pair<Place, List<Frame>>>> aligned(
      SessionId id, Follow follow, Place place) {
    return CompletableFuture.supplyAsync(() -> align(id, follow, place), blocking)
        .exceptionallyCompose(failure -> unread(place, failure));
  }

  /** The rest of the frames of the event that the cursor lies in. */
  private Optional<Pair<Place, List<Frame>>> align(SessionId id, Follow follow, Place place) {
    var frames = new ArrayList<Frame>();
    var cursor = place.cursor();
    if (cursor.sequence() > 0) {
      for (var stored : log.read(id, cursor.sequence() - 1, 1, BATCH_BYTES)) {
        if (stored.sequence() == cursor.sequence()) {
          var after = add(id, follow, place, stored.sequence(), stored.event(), frames);
          var last = after.cursor().isBefore(cursor) ? cursor : after.cursor();
          return Optional.of(Pair.create(after.at(last), frames));
        }
      }
    }
    return Optional.of(Pair.create(place.at(cursor), frames));
  }

  private Optional<Pair<Place, List<Frame>>> fromJournal(
      SessionId id, Follow follow, Place place, boolean over) {
    var frames = new ArrayList<Frame>();
    var now = place;
    var events = log.read(id, place.cursor().sequence(), BATCH, BATCH_BYTES);
    for (var stored : events) {
      now = add(id, follow, now, stored.sequence(), stored.event(), frames);
      if (now.done()) {
        break;
      }
    }
    if (events.isEmpty()) {
      now = over ? now.end() : now.upTo(0);
    }
    return Optional.of(Pair.create(now, frames));
  }

  private CompletionStage<Optional<Pair<Place, List<Frame>>>> fromOwner(
      SessionId id, Follow follow, Place place, SessionReply reply) {
    return switch (reply) {
      case Batch(var items) -> CompletableFuture.completedFuture(items(id, follow, place, items));
      case Behind(var upTo) ->
          CompletableFuture.completedFuture(Optional.of(Pair.create(place.upTo(upTo), List.of())));
      case SessionReply.Refused(var why) when why.code() == Rejection.Code.NOT_FOUND ->
          CompletableFuture.completedFuture(Optional.of(Pair.create(place.end(), List.of())));
      case SessionReply.Shown(var view) -> {
        var over = view.status().equals("ended") && view.sequence() <= place.cursor().sequence();
        var next = over ? place.end() : place.busy(TurnEnd.shown(follow.turn(), view));
        yield CompletableFuture.completedFuture(Optional.of(Pair.create(next, List.of())));
      }
      case SessionReply.TurnTaken _,
          SessionReply.Interrupted _,
          SessionReply.Refused _,
          SessionReply.Stale _,
          SessionReply.Executed _,
          SessionReply.Listed _,
          SessionReply.Part _,
          SessionReply.FileDone _,
          SessionReply.NotLive _,
          SessionReply.InParcel _,
          SessionReply.Logged _ ->
          again(place);
    };
  }

  private CompletionStage<Optional<Pair<Place, List<Frame>>>> again(Place place) {
    return CompletableFuture.supplyAsync(
        () -> Optional.of(Pair.create(place, List.of())),
        CompletableFuture.delayedExecutor(RETRY.toMillis(), TimeUnit.MILLISECONDS, blocking));
  }

  /** A database that is away, or too busy while others take sessions over, cuts no reader off. */
  private CompletionStage<Optional<Pair<Place, List<Frame>>>> unread(
      Place place, Throwable failure) {
    var cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return cause instanceof DatabaseException
        ? again(place)
        : CompletableFuture.failedFuture(cause);
  }

  private Optional<Pair<Place, List<Frame>>> items(
      SessionId id, Follow follow, Place place, List<Item> items) {
    if (items.isEmpty()) {
      return Optional.of(Pair.create(place.idler(), List.of()));
    }
    var frames = new ArrayList<Frame>();
    var now = place;
    for (var item : items) {
      switch (item) {
        case Stored(var sequence, var event) -> now = add(id, follow, now, sequence, event, frames);
        case Delta delta -> now = add(follow, now, delta, frames);
        case InLog(var sequence) -> {
          return Optional.of(Pair.create(now.upTo(sequence), frames));
        }
      }
      if (now.done()) {
        break;
      }
    }
    return Optional.of(Pair.create(now, frames));
  }

  private static Place add(
      SessionId id, Follow follow, Place place, long sequence, SessionEvent event, List<Frame> to) {
    var bodies = StreamFrames.of(id, event);
    if (follow.turn().isEmpty() || follow.turn().equals(turnOf(event))) {
      number(sequence, 1, bodies, place.cursor(), to);
    }
    var next =
        place
            .at(new Cursor(sequence, bodies.size()))
            .busy(place.turnEnd().afterSeeing(follow.turn(), event));
    var last =
        follow.turn().isPresent()
            ? event instanceof TurnEnded ended && follow.turn().getAsLong() == ended.turn()
            : event instanceof Ended;
    return last ? next.end() : next;
  }

  private static Place add(Follow follow, Place place, Delta delta, List<Frame> to) {
    var bodies = StreamFrames.ofDelta(delta.raw());
    var wanted =
        follow.partials() && (follow.turn().isEmpty() || follow.turn().getAsLong() == delta.turn());
    if (wanted) {
      number(delta.sequence(), delta.frame(), bodies, place.cursor(), to);
    }
    return place.at(new Cursor(delta.sequence(), delta.frame() + bodies.size() - 1));
  }

  private static void number(
      long sequence, int first, List<StreamFrames.Body> bodies, Cursor seen, List<Frame> to) {
    var frame = first;
    for (var body : bodies) {
      var cursor = new Cursor(sequence, frame++);
      if (seen.isBefore(cursor)) {
        to.add(new Frame(cursor, body.event(), body.data()));
      }
    }
  }

  private static OptionalLong turnOf(SessionEvent event) {
    return switch (event) {
      case TurnAccepted accepted -> OptionalLong.of(accepted.turn());
      case TurnStarted started -> OptionalLong.of(started.turn());
      case AgentSaid said -> OptionalLong.of(said.turn());
      case TurnContinued continued -> OptionalLong.of(continued.turn());
      case ModelNoted noted -> OptionalLong.of(noted.turn());
      case TurnEnded ended -> OptionalLong.of(ended.turn());
      case Created _, WorkspaceSaved _, Paused _, Resumed _, Stopped _, Ended _, Reconfigured _ ->
          OptionalLong.empty();
    };
  }
}
