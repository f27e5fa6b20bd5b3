package dev.ash.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.client.http.Paths;
import dev.ash.client.http.SseItem;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Consumer;

/** A session's events as lines, for a person who watches or, with {@code json}, for a program. */
final class EventTail {
  private final Terminal terminal;
  private final boolean json;
  private final InstantSource clock;

  EventTail(Terminal terminal, boolean json, InstantSource clock) {
    this.terminal = terminal;
    this.json = json;
    this.clock = clock;
  }

  /** The stream itself, whole messages without the deltas that came before them. */
  Consumer<SseItem> stream() {
    return item -> {
      if (item instanceof SseItem.Event event) {
        show(event);
      }
    };
  }

  /**
   * The timeline's rows of one type. The stream says when to look, and heartbeats make up for what
   * came too soon after the last look: asking all the time would use up the caller's request limit.
   */
  Consumer<SseItem> rows(Server server, String session, String type) {
    return new Consumer<>() {
      private long last;
      private Instant nextLook = Instant.MIN;

      @Override
      public void accept(SseItem item) {
        if (clock.instant().isBefore(nextLook)
            || (item instanceof SseItem.Event event && isPartOfAMessage(event))) {
          return;
        }
        nextLook = clock.instant().plusSeconds(1);
        var path =
            "/api/sessions/%s/events?limit=1000&type=%s&after="
                .formatted(Paths.segment(session), Paths.segment(type));
        var events = server.get(path + last).path("events");
        while (!events.isEmpty()) {
          events.forEach(EventTail.this::row);
          var newest = events.get(events.size() - 1).path("sequence").asLong();
          if (newest <= last) {
            throw new CliException("the server repeats events after " + last);
          }
          last = newest;
          // A short list is no sign of the end: large events come in shorter ones.
          events = server.get(path + last).path("events");
        }
      }
    };
  }

  private void row(JsonNode row) {
    if (json) {
      terminal.println(Json.compact(row));
      return;
    }
    terminal.labelled(
        row.path("createdAt").asText() + " " + row.path("type").asText(),
        row.path("data").asText());
  }

  private void show(SseItem.Event event) {
    if (json) {
      var line = Json.object();
      event.id().ifPresent(id -> line.put("id", id));
      line.put("event", event.name()).set("data", event.json());
      terminal.println(Json.compact(line));
      return;
    }
    if (isPartOfAMessage(event)) {
      return;
    }
    line(event).ifPresent(text -> terminal.labelled("[" + event.name() + "]", text));
  }

  /** Raw messages repeat what the events before them said, but for the agent's words. */
  private static Optional<String> line(SseItem.Event event) {
    var data = event.json();
    return switch (event.name()) {
      case "message" -> words(data);
      case "tool_use" ->
          Optional.of(data.path("name").asText() + " " + Json.compact(data.path("input")));
      case "tool_result" ->
          Optional.of(TurnPrinter.oneLine(TurnPrinter.text(data.path("content"))));
      case "thinking_delta" -> Optional.of(TurnPrinter.oneLine(data.path("delta").asText()));
      case "error" -> Optional.of(data.path("error").asText());
      default -> Optional.of(event.data());
    };
  }

  private static Optional<String> words(JsonNode message) {
    if (!message.path("type").asText().equals("assistant")) {
      return Optional.empty();
    }
    var words = new StringBuilder();
    message
        .path("message")
        .path("content")
        .forEach(block -> words.append(block.path("text").asText("")));
    return words.isEmpty() ? Optional.empty() : Optional.of(words.toString());
  }

  private static boolean isPartOfAMessage(SseItem.Event event) {
    return (event.name().endsWith("_delta") && !event.name().equals("thinking_delta"))
        || (event.name().equals("message") && event.data().contains("\"type\":\"stream_event\""));
  }
}
