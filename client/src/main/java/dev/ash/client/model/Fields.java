package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.client.AshException;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Function;

/** Reads the fields of an answer; one that must be there and is not is a {@code BadAnswer}. */
record Fields(JsonNode node) {
  Fields {
    if (!node.isObject()) {
      throw new AshException.BadAnswer("answer: " + clipped(node) + " (expected: an object)");
    }
  }

  private static String clipped(JsonNode node) {
    var text = node.isMissingNode() ? "nothing" : node.toString();
    return text.length() <= 80 ? text : text.substring(0, 80) + "…";
  }

  String text(String name) {
    return textIf(name).orElseThrow(() -> missing(name, "a text"));
  }

  Optional<String> textIf(String name) {
    return Optional.ofNullable(node.path(name).textValue());
  }

  int number(String name) {
    return numberIf(name).orElseThrow(() -> missing(name, "a number"));
  }

  OptionalInt numberIf(String name) {
    var value = node.path(name);
    return value.isNumber() ? OptionalInt.of(value.intValue()) : OptionalInt.empty();
  }

  long count(String name) {
    return node.path(name).asLong();
  }

  OptionalLong countIf(String name) {
    var value = node.path(name);
    return value.isNumber() ? OptionalLong.of(value.longValue()) : OptionalLong.empty();
  }

  double decimal(String name) {
    return node.path(name).asDouble();
  }

  OptionalDouble decimalIf(String name) {
    var value = node.path(name);
    return value.isNumber() ? OptionalDouble.of(value.doubleValue()) : OptionalDouble.empty();
  }

  /** As it was written, to the last digit. */
  Optional<BigDecimal> exactIf(String name) {
    var value = node.path(name);
    return value.isNumber() ? Optional.of(value.decimalValue()) : Optional.empty();
  }

  boolean flag(String name) {
    return node.path(name).asBoolean();
  }

  Instant time(String name) {
    return timeIf(name).orElseThrow(() -> missing(name, "a time"));
  }

  Optional<Instant> timeIf(String name) {
    return textIf(name)
        .filter(text -> !text.isEmpty())
        .map(
            text -> {
              try {
                return Instant.parse(text);
              } catch (DateTimeException e) {
                throw new AshException.BadAnswer(
                    "answer: " + name + ": " + text + " (expected: a time)");
              }
            });
  }

  List<String> texts(String name) {
    return node.path(name).valueStream().map(JsonNode::asText).toList();
  }

  Map<String, String> textMap(String name) {
    var map = new LinkedHashMap<String, String>();
    node.path(name)
        .properties()
        .forEach(field -> map.put(field.getKey(), field.getValue().asText()));
    return Map.copyOf(map);
  }

  <T> List<T> list(String name, Function<JsonNode, T> read) {
    return node.path(name).valueStream().map(read).toList();
  }

  <T> Optional<T> objectIf(String name, Function<JsonNode, T> read) {
    return Optional.of(node.path(name)).filter(JsonNode::isObject).map(read);
  }

  private static AshException.BadAnswer missing(String name, String expected) {
    return new AshException.BadAnswer(
        "answer: " + name + " is missing (expected: " + expected + ")");
  }
}
