package dev.ash.gateway.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/**
 * One object of a configuration file, whose fields are told apart into read and not read. Whoever
 * has read an object calls {@link #rest} so that no field is ignored in silence.
 */
public final class Fields {
  private final JsonNode node;
  private final String path;
  private final Set<String> read = new LinkedHashSet<>();

  /** What was asked for, there or not: what a mistyped name may have been meant to be. */
  private final Set<String> known = new LinkedHashSet<>();

  private Fields(JsonNode node, String path) {
    this.node = node;
    this.path = path;
  }

  public static Fields of(JsonNode node, String path) throws ConfigException {
    if (!node.isObject() && !node.isMissingNode() && !node.isNull()) {
      throw new ConfigException(path, abbreviated(node), "a map of names to values");
    }
    return new Fields(node.isObject() ? node : JsonNodeFactory.instance.objectNode(), path);
  }

  public boolean has(String name) {
    known.add(name);
    return node.has(name);
  }

  public String path(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  public String path() {
    return path;
  }

  public JsonNode raw(String name) {
    read.add(name);
    known.add(name);
    return node.path(name);
  }

  public Fields at(String name) throws ConfigException {
    return of(raw(name), path(name));
  }

  /** The objects of a list; a single object counts as a list of one. */
  public List<Fields> each(String name) throws ConfigException {
    var list = new ArrayList<Fields>();
    var value = raw(name);
    if (value.isObject()) {
      list.add(of(value, path(name)));
      return list;
    }
    if (!value.isArray() && !value.isMissingNode() && !value.isNull()) {
      throw new ConfigException(path(name), abbreviated(value), "a list");
    }
    for (var one : value) {
      list.add(of(one, path(name) + "[" + list.size() + "]"));
    }
    return list;
  }

  public Optional<String> text(String name) throws ConfigException {
    var value = raw(name);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isValueNode()) {
      throw new ConfigException(path(name), abbreviated(value), "a text");
    }
    return Optional.of(value.asText());
  }

  public String need(String name, String expected) throws ConfigException {
    return text(name).orElseThrow(() -> new ConfigException(path(name), "missing", expected));
  }

  public OptionalInt number(String name, int least, int most) throws ConfigException {
    var value = raw(name);
    if (value.isMissingNode() || value.isNull()) {
      return OptionalInt.empty();
    }
    var number = value.isTextual() ? parsed(value.textValue()) : value.asInt(Integer.MIN_VALUE);
    if (number < least || number > most) {
      throw new ConfigException(
          path(name), abbreviated(value), "a number from " + least + " to " + most);
    }
    return OptionalInt.of(number);
  }

  public OptionalDouble decimal(String name, double most) throws ConfigException {
    var value = raw(name);
    if (value.isMissingNode() || value.isNull()) {
      return OptionalDouble.empty();
    }
    var number = value.isNumber() ? value.asDouble() : Double.NaN;
    if (!(number >= 0 && number <= most)) {
      throw new ConfigException(path(name), abbreviated(value), "a number from 0 to " + most);
    }
    return OptionalDouble.of(number);
  }

  public boolean flag(String name, boolean otherwise) throws ConfigException {
    var value = text(name);
    if (value.isEmpty()) {
      return otherwise;
    }
    return switch (value.get()) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new ConfigException(path(name), value.get(), "true or false");
    };
  }

  public List<String> texts(String name) throws ConfigException {
    var value = raw(name);
    var list = new ArrayList<String>();
    if (value.isValueNode() && !value.isNull() && !value.isMissingNode()) {
      return List.of(value.asText());
    }
    for (var one : value) {
      if (!one.isValueNode()) {
        throw new ConfigException(path(name), abbreviated(one), "a list of texts");
      }
      list.add(one.asText());
    }
    return list;
  }

  public Map<String, String> map(String name) throws ConfigException {
    var map = new LinkedHashMap<String, String>();
    for (var entry : at(name).node.properties()) {
      if (!entry.getValue().isValueNode()) {
        throw new ConfigException(
            path(name) + "." + entry.getKey(), abbreviated(entry.getValue()), "a text");
      }
      map.put(entry.getKey(), entry.getValue().asText());
    }
    return map;
  }

  /** Every name of this object, read or not. */
  public List<String> names() {
    var names = new ArrayList<String>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** Says of a field that it is known and does nothing here. */
  public void notOffered(Findings findings, String name, String why) {
    if (node.has(name)) {
      read.add(name);
      findings.add(Findings.Kind.NOT_OFFERED, path(name), why);
    }
  }

  /** Takes note of fields that only describe. */
  public void describes(String... names) {
    read.addAll(List.of(names));
    known.addAll(List.of(names));
  }

  /** Reports every field that nobody has read. */
  public void rest(Findings findings) {
    for (var name : names()) {
      if (!read.contains(name)) {
        findings.add(Findings.Kind.NOT_UNDERSTOOD, path(name), "has no effect here");
      }
    }
  }

  /** Refuses fields that nobody has read. */
  public void nothingElse() throws ConfigException {
    for (var name : names()) {
      if (!read.contains(name)) {
        throw new ConfigException(
            path(name), "unknown", known.isEmpty() ? "nothing" : String.join(", ", known));
      }
    }
  }

  private static int parsed(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException _) {
      return Integer.MIN_VALUE;
    }
  }

  private static String abbreviated(JsonNode node) {
    var text = node.toString();
    return text.length() <= 60 ? text : text.substring(0, 60) + "…";
  }
}
