package dev.ash.gateway.check;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.protocol.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The bodies that are sent, and what is wrong with those that come back. */
final class Bodies {
  private static final List<String> KEYS = List.of("id", "type", "role", "content", "model");

  private Bodies() {}

  static ObjectNode message(String model, int maxTokens, String prompt) {
    var body = Json.object().put("model", model).put("max_tokens", maxTokens);
    body.putArray("messages").addObject().put("role", "user").put("content", prompt);
    return body;
  }

  /** What differs from a message of the API; empty when nothing does. */
  static List<String> wrongWithMessage(JsonNode body) {
    var wrong = new ArrayList<String>();
    for (var key : KEYS) {
      if (!body.has(key)) {
        wrong.add(key + " is missing");
      }
    }
    if (!wrong.isEmpty()) {
      return wrong;
    }
    if (!body.path("id").isTextual()) {
      wrong.add("id is no text");
    }
    if (!body.path("type").asText().equals("message")) {
      wrong.add("type is not message");
    }
    if (!body.path("content").isArray()) {
      wrong.add("content is no list");
    } else {
      for (var block : body.path("content")) {
        if (!block.path("type").isTextual()) {
          wrong.add("a content block has no type");
        }
      }
    }
    for (var name : List.of("input_tokens", "output_tokens")) {
      if (!body.path("usage").path(name).isNumber()) {
        wrong.add("usage." + name + " is no number");
      }
    }
    return wrong;
  }

  static boolean isError(JsonNode body) {
    return body.path("type").asText().equals("error")
        && body.path("error").path("type").isTextual()
        && body.path("error").path("message").isTextual();
  }

  static Optional<JsonNode> object(String text) {
    return Json.parse(text).filter(JsonNode::isObject);
  }

  static String names(JsonNode body) {
    var names = new ArrayList<String>();
    body.fieldNames().forEachRemaining(names::add);
    return String.join(", ", names);
  }
}
