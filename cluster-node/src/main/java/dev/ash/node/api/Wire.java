package dev.ash.node.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads members of a checked body. */
final class Wire {
  /** What is stored as a column's text cannot have a NUL. */
  static final String NO_NUL = "^[^\\x00]*$";

  private Wire() {}

  static Optional<Map<String, String>> texts(JsonNode body, String name) {
    return Optional.ofNullable(body.get(name))
        .map(
            object -> {
              var texts = new LinkedHashMap<String, String>();
              object.properties().forEach(e -> texts.put(e.getKey(), e.getValue().asText()));
              return texts;
            });
  }

  static Optional<List<String>> list(JsonNode body, String name) {
    return Optional.ofNullable(body.get(name))
        .map(items -> items.valueStream().map(JsonNode::asText).toList());
  }
}
