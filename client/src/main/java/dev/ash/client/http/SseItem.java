package dev.ash.client.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.ash.protocol.json.Json;
import java.util.Optional;

/** What an event stream is made of. */
public sealed interface SseItem {

  /** A named event; the id is a cursor when the server gives one. */
  record Event(Optional<String> id, String name, String data) implements SseItem {
    /** The data, or a missing node where it is not JSON. */
    public JsonNode json() {
      return Json.parse(data).orElseGet(MissingNode::getInstance);
    }
  }

  /** A comment, which says that the server still lives. */
  record Heartbeat() implements SseItem {}
}
