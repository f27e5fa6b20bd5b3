package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.protocol.json.Json;

/** The fields of a request so far; adding one gives another draft. */
final class Draft {
  static final Draft EMPTY = new Draft(Json.object());

  private final ObjectNode fields;

  private Draft(ObjectNode fields) {
    this.fields = fields;
  }

  /** The value is a text, a number, a flag, or a list or map of them. */
  Draft with(String name, Object value) {
    var more = fields.deepCopy();
    more.set(name, Json.mapper().valueToTree(value));
    return new Draft(more);
  }

  JsonNode json() {
    return fields.deepCopy();
  }
}
