package dev.ash.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/** What an event stream is made of. */
sealed interface SseItem {

  /** A named event; the id is a cursor when the server gives one. */
  record Event(Optional<String> id, String name, String data) implements SseItem {
    JsonNode json() {
      return Json.parse(data);
    }
  }

  /** A comment, which says that the server still lives. */
  record Heartbeat() implements SseItem {}
}
