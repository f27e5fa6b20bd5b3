package dev.ash.client.stream;

import dev.ash.client.AshException;
import dev.ash.client.http.Call;
import dev.ash.client.http.Connection;
import dev.ash.client.http.Events;
import dev.ash.client.http.Paths;
import dev.ash.client.http.Query;
import dev.ash.client.http.SseItem;
import dev.ash.client.http.SseScanner;
import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Events over broken connections: after a break it goes on behind the last event it gave, so its
 * reader misses nothing and sees nothing twice. It gives up after two minutes without an event. For
 * one thread; who got it closes it.
 */
public final class EventStream implements AutoCloseable, Iterable<AgentEvent> {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** How often is asked again what was answered by nothing at all. */
  private static final int LONGEST_SILENCE = 3;

  private final Connection connection;
  private final String session;
  private final Runnable onReconnect;

  /** The message whose turn this is, until the stream goes on without it. */
  private Optional<Call> message;

  private final boolean isTurn;

  private final Duration longestSilence;

  /** The connection in use. */
  private Optional<SseScanner> scanner = Optional.empty();

  private OptionalLong turn = OptionalLong.empty();
  private Optional<String> cursor;
  private long seen;
  private long seenBefore;
  private int silences;
  private boolean afterError;
  private boolean ended;

  /** Whether the connection that ended last was open and said nothing. */
  private boolean fellSilent;

  private Duration waited = Duration.ZERO;
  private Duration nextPause = FIRST_PAUSE;

  private EventStream(
      Connection connection,
      String session,
      Optional<Call> message,
      Optional<String> cursor,
      Settings settings) {
    this.connection = connection;
    this.session = session;
    this.message = message;
    this.isTurn = message.isPresent();
    this.cursor = cursor;
    this.onReconnect = settings.onReconnect();
    this.longestSilence = settings.longestSilence();
  }

  /**
   * How streams are read.
   *
   * @param onReconnect is run whenever one begins to look for its server again
   * @param longestSilence after this long without an event or heartbeat a connection is given up
   */
  public record Settings(Runnable onReconnect, Duration longestSilence) {}

  /** Sends a message; the stream ends with its turn. */
  public static EventStream turn(
      Connection connection, String session, Call message, Settings settings) {
    var stream =
        new EventStream(connection, session, Optional.of(message), Optional.empty(), settings);
    stream.begin(connection.events(message, stream.longestSilence));
    return stream;
  }

  /** The session's events behind the cursor, or from the first one on, until it has ended. */
  public static EventStream session(
      Connection connection, String session, Optional<String> cursor, Settings settings) {
    return new EventStream(connection, session, Optional.empty(), cursor, settings);
  }

  /** The id behind which the stream can be taken up, also by another client. */
  public Optional<String> cursor() {
    return cursor;
  }

  /**
   * The number of the turn whose message was sent, from the beginning on and also while it waits;
   * empty when all of a session is followed, or when the server does not say it.
   */
  public OptionalLong turn() {
    return turn;
  }

  /** Waits for the next event; empty at the end. */
  public Optional<AgentEvent> next() {
    for (var item = nextItem(); item.isPresent(); item = nextItem()) {
      if (item.get() instanceof SseItem.Event event) {
        return Optional.of(AgentEvent.of(event));
      }
    }
    return Optional.empty();
  }

  /** Waits for the next event or heartbeat as it came; empty at the end. */
  public Optional<SseItem> nextItem() {
    while (!ended) {
      Optional<AshException> failure = Optional.empty();
      fellSilent = false;
      try {
        var item = open().next();
        if (item.isPresent()) {
          take(item.get());
          return item;
        }
      } catch (IOException e) {
        failure = Optional.of(passing(connection.failure(e)));
        fellSilent = e instanceof HttpTimeoutException;
      } catch (AshException e) {
        failure = Optional.of(passing(e));
      }
      leave();
      goOn(failure);
    }
    leave();
    return Optional.empty();
  }

  private SseScanner open() {
    if (scanner.isPresent()) {
      return scanner.get();
    }
    seenBefore = seen;
    var opened =
        message.isPresent()
            ? connection.events(message.get(), longestSilence)
            : seen == 0
                ? connection.events(streamCall(), longestSilence)
                : connection.eventsOnce(streamCall(), longestSilence);
    return begin(opened);
  }

  private SseScanner begin(Events opened) {
    if (opened.turn().isPresent()) {
      turn = opened.turn();
    }
    scanner = Optional.of(opened.scanner());
    return opened.scanner();
  }

  /** Of a turn's own events only where its number is known: others may end while it goes on. */
  private Call streamCall() {
    var query = new Query(path() + "/stream").andIf("turn", turn);
    return cursor.isPresent()
        ? Call.get(query.toString()).behind(cursor.get())
        : Call.get(query.and("after", 0).toString());
  }

  private void take(SseItem item) {
    seen++;
    switch (item) {
      case SseItem.Event event -> {
        cursor = event.id().or(() -> cursor);
        afterError = event.name().equals("error");
        ended = isTurn && event.name().equals("done");
      }
      // A session's stream does not end with a turn that failed; silence says that it was the last.
      case SseItem.Heartbeat _ -> ended = isTurn && afterError;
    }
  }

  /** Decides what follows the end of a connection. */
  private void goOn(Optional<AshException> failure) {
    if (message.isPresent()) {
      goOnWithoutMessage(message.get());
      return;
    }
    var problem = failure;
    if (failure.isEmpty()) {
      try {
        ended = (isTurn && afterError) || hasEnded();
      } catch (AshException e) {
        problem = Optional.of(passing(e));
      }
    }
    if (!ended) {
      waitOrGiveUp(problem);
    }
  }

  private void goOnWithoutMessage(Call sent) {
    if (afterError) {
      ended = true;
    } else if (cursor.isPresent()) {
      message = Optional.empty();
      onReconnect.run();
    } else if (seen == 0 && sent.idempotencyKey().isPresent() && silences < LONGEST_SILENCE) {
      silences++;
      onReconnect.run();
      connection.waitAbout(FIRST_PAUSE);
    } else {
      throw new AshException.StreamLost(session, "the answer ended before the turn did");
    }
  }

  private void waitOrGiveUp(Optional<AshException> failure) {
    if (seen > seenBefore) {
      waited = Duration.ZERO;
      nextPause = FIRST_PAUSE;
    } else if (seen == 0 && fellSilent && silences < LONGEST_SILENCE) {
      silences++;
    } else if (seen == 0 || waited.compareTo(PATIENCE) > 0) {
      throw failure.orElseGet(
          () -> new AshException.StreamLost(session, "the server ends the stream at once"));
    }
    if (waited.isZero()) {
      onReconnect.run();
    }
    connection.waitAbout(nextPause);
    waited = waited.plus(nextPause);
    var doubled = nextPause.multipliedBy(2);
    nextPause = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
  }

  /** The failure, when another try may succeed; else throws it. */
  private static AshException passing(AshException failure) {
    return switch (failure) {
      case AshException.Refused refused when refused.status() < 500 && refused.status() != 429 ->
          throw refused;
      case AshException.Refused refused -> refused;
      case AshException.Unreachable unreachable -> unreachable;
      case AshException.TimedOut late -> late;
      case AshException.Broken broken -> broken;
      case AshException.StreamLost lost -> throw lost;
      case AshException.BadAnswer bad -> throw bad;
      case AshException.Interrupted interrupted -> throw interrupted;
    };
  }

  private boolean hasEnded() {
    var answer = connection.json(Call.get(path()));
    return answer.path("session").path("status").asText().equals("ended");
  }

  private String path() {
    return "/api/sessions/" + Paths.segment(session);
  }

  private void leave() {
    try {
      if (scanner.isPresent()) {
        scanner.get().close();
      }
    } catch (IOException _) {
      // It is not read any more, so what is wrong with it does not matter.
    }
    scanner = Optional.empty();
  }

  /** The events that are left, each once: one iterator only. */
  @Override
  public Iterator<AgentEvent> iterator() {
    return new Iterator<>() {
      private Optional<AgentEvent> ahead = Optional.empty();

      @Override
      public boolean hasNext() {
        if (ahead.isEmpty()) {
          ahead = EventStream.this.next();
        }
        return ahead.isPresent();
      }

      @Override
      public AgentEvent next() {
        if (!hasNext()) {
          throw new NoSuchElementException("the stream has ended");
        }
        var event = ahead.orElseThrow();
        ahead = Optional.empty();
        return event;
      }
    };
  }

  /** The events that are left; closing it closes this. */
  public Stream<AgentEvent> stream() {
    return StreamSupport.stream(
            Spliterators.spliteratorUnknownSize(
                iterator(), Spliterator.ORDERED | Spliterator.NONNULL),
            false)
        .onClose(this::close);
  }

  /** Stops reading. The turn goes on. */
  @Override
  public void close() {
    ended = true;
    leave();
  }
}
