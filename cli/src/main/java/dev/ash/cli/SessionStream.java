package dev.ash.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * A session's events over broken connections: after a break it goes on behind the last event it
 * saw, so the reader misses nothing and sees nothing twice.
 */
final class SessionStream {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final AshServer server;
  private final Pause pause;
  private final Terminal terminal;

  SessionStream(AshServer server, Pause pause, Terminal terminal) {
    this.server = server;
    this.pause = pause;
    this.terminal = terminal;
  }

  /** Takes items in order. */
  @FunctionalInterface
  interface Reader {
    /** Whether to go on. */
    boolean read(SseItem item);
  }

  /** Sends a message and reads its turn to the end. */
  void send(String session, JsonNode message, Reader reader) {
    var place = new Place(Optional.empty());
    try (var scanner = server.postForStream(path(session) + "/messages", message)) {
      if (place.drain(scanner, reader)) {
        return;
      }
    } catch (IOException e) {
      terminal.aside("[the connection broke, reconnecting]");
    }
    if (place.afterError) {
      return;
    }
    if (place.cursor.isEmpty()) {
      throw new CliException(
          "the answer ended before the turn did",
          "The turn goes on; follow it with: ./ash session tail " + session);
    }
    follow(session, place, reader);
  }

  /** Reads from the cursor on, or from the first event, until the session has ended. */
  void follow(String session, Optional<String> cursor, Reader reader) {
    follow(session, new Place(cursor), reader);
  }

  private void follow(String session, Place place, Reader reader) {
    var waited = Duration.ZERO;
    var nextPause = FIRST_PAUSE;
    while (true) {
      var seenBefore = place.seen;
      Optional<RuntimeException> failure = Optional.empty();
      try (var scanner = server.stream(streamPath(session, place), place.cursor)) {
        if (place.drain(scanner, reader) || hasEnded(session)) {
          return;
        }
      } catch (IOException e) {
        failure = Optional.of(new CliException("the stream broke: " + e.getMessage()));
      } catch (CliException e) {
        if (!e.isConnection()) {
          throw e;
        }
        failure = Optional.of(e);
      } catch (RefusedException e) {
        if (e.status() < 500 && e.status() != 429) {
          throw e;
        }
        failure = Optional.of(e);
      }
      if (place.seen > seenBefore) {
        waited = Duration.ZERO;
        nextPause = FIRST_PAUSE;
      } else if (place.seen == 0 || waited.compareTo(PATIENCE) > 0) {
        throw failure.orElseGet(() -> new CliException("the server ends the stream at once"));
      }
      if (waited.isZero()) {
        terminal.aside("[the connection broke, reconnecting]");
      }
      pause.of(nextPause);
      waited = waited.plus(nextPause);
      nextPause = shorter(nextPause.multipliedBy(2), LONGEST_PAUSE);
    }
  }

  private boolean hasEnded(String session) {
    var status = server.get(path(session)).path("session").path("status").asText();
    return status.equals("ended");
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  private static String path(String session) {
    return "/api/sessions/" + AshServer.segment(session);
  }

  private static String streamPath(String session, Place place) {
    return path(session) + "/stream" + (place.cursor.isEmpty() ? "?after=0" : "");
  }

  /** How far the reader has come. */
  private static final class Place {
    private Optional<String> cursor;
    private long seen;
    private boolean afterError;

    Place(Optional<String> cursor) {
      this.cursor = cursor;
    }

    /** Whether the reader has had enough; false when the stream ended first. */
    boolean drain(SseScanner scanner, Reader reader) throws IOException {
      for (var item = scanner.next(); item.isPresent(); item = scanner.next()) {
        seen++;
        if (item.get() instanceof SseItem.Event event) {
          afterError = event.name().equals("error");
          cursor = event.id().or(() -> cursor);
        }
        if (!reader.read(item.get())) {
          return true;
        }
      }
      return false;
    }
  }
}
