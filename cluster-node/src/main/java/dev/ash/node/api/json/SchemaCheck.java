package dev.ash.node.api.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Checks a value against a schema, stops at the first fault, and coerces on the way: the type
 * first, then the bounds, and of an object the required members before the others.
 */
public final class SchemaCheck {
  private static final Pattern UUID =
      Pattern.compile(
          "(?:urn:uuid:)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", Pattern.CASE_INSENSITIVE);

  private SchemaCheck() {}

  /** The value as it is to be used, or the first fault. */
  public sealed interface Outcome {}

  /** The coerced value, with defaults. Objects and lists are the ones that were given, changed. */
  public record Fits(JsonNode value) implements Outcome {}

  /** What is wrong, in the form {@code body/files must be array}. */
  public record Fault(String message) implements Outcome {}

  /**
   * Checks one value.
   *
   * @param at what the value is called in a fault: {@code params}, {@code querystring}, {@code
   *     body}
   */
  public static Outcome check(Schema schema, JsonNode value, String at) {
    return switch (schema) {
      case Schema.Anything _ -> new Fits(value);
      case Schema.Text text -> text(text, value, at);
      case Schema.Numeric numeric -> numeric(numeric, value, at);
      case Schema.Bool _ ->
          Coercion.toBoolean(value)
              .<Outcome>map(Fits::new)
              .orElseGet(() -> new Fault(at + " must be boolean"));
      case Schema.Items items -> items(items, value, at);
      case Schema.Fields fields -> fields(fields, value, at);
      case Schema.Nullable(var inner) -> value.isNull() ? new Fits(value) : check(inner, value, at);
      case Schema.TextOrItems either ->
          value.isArray() ? items(either.items(), value, at) : text(either.text(), value, at);
    };
  }

  private static Outcome text(Schema.Text schema, JsonNode value, String at) {
    var coerced = Coercion.toText(value);
    if (coerced.isEmpty()) {
      return new Fault(at + " must be string");
    }
    var text = coerced.get().textValue();
    var length = text.codePointCount(0, text.length());
    if (length > schema.max()) {
      return new Fault(at + " must NOT have more than " + schema.max() + " characters");
    }
    if (length < schema.min()) {
      return new Fault(at + " must NOT have fewer than " + schema.min() + " characters");
    }
    if (schema.pattern().filter(p -> !p.matcher(text).find()).isPresent()) {
      return new Fault(at + " must match pattern \"" + schema.pattern().get() + "\"");
    }
    var format = unmet(schema.format(), text);
    if (format.isPresent()) {
      return new Fault(at + " must match format \"" + format.get() + "\"");
    }
    if (!schema.allowed().isEmpty() && !schema.allowed().contains(text)) {
      return new Fault(at + " must be equal to one of the allowed values");
    }
    return new Fits(coerced.get());
  }

  /** The name of a format that the text has not. */
  private static Optional<String> unmet(Schema.Format format, String text) {
    return switch (format) {
      case ANY -> Optional.empty();
      case UUID -> UUID.matcher(text).matches() ? Optional.empty() : Optional.of("uuid");
      case DATE_TIME -> isDateTime(text) ? Optional.empty() : Optional.of("date-time");
    };
  }

  private static boolean isDateTime(String text) {
    try {
      OffsetDateTime.parse(text);
      return true;
    } catch (DateTimeParseException _) {
      return false;
    }
  }

  private static Outcome numeric(Schema.Numeric schema, JsonNode value, String at) {
    var coerced = schema.whole() ? Coercion.toWhole(value) : Coercion.toNumber(value);
    if (coerced.isEmpty()) {
      return new Fault(at + (schema.whole() ? " must be integer" : " must be number"));
    }
    var number = coerced.get().doubleValue();
    if (number > schema.max()) {
      return new Fault(at + " must be <= " + plain(schema.max()));
    }
    if (number < schema.min()) {
      return new Fault(at + " must be >= " + plain(schema.min()));
    }
    return new Fits(coerced.get());
  }

  private static Outcome items(Schema.Items schema, JsonNode value, String at) {
    if (value.isObject()) {
      return new Fault(at + " must be array");
    }
    var list =
        value instanceof ArrayNode array ? array : JsonNodeFactory.instance.arrayNode().add(value);
    if (list.size() > schema.max()) {
      return new Fault(at + " must NOT have more than " + schema.max() + " items");
    }
    if (list.size() < schema.min()) {
      return new Fault(at + " must NOT have fewer than " + schema.min() + " items");
    }
    for (var i = 0; i < list.size(); i++) {
      switch (check(schema.each(), list.get(i), at + "/" + i)) {
        case Fits(var fitting) -> list.set(i, fitting);
        case Fault fault -> {
          return fault;
        }
      }
    }
    return new Fits(list);
  }

  private static Outcome fields(Schema.Fields schema, JsonNode value, String at) {
    if (!(value instanceof ObjectNode object)) {
      return new Fault(at + " must be object");
    }
    for (var field : schema.fields()) {
      field
          .fallback()
          .filter(_ -> !object.has(field.name()))
          .ifPresent(f -> object.set(field.name(), f));
    }
    for (var field : schema.fields()) {
      if (field.required() && !object.has(field.name())) {
        return new Fault(at + " must have required property '" + field.name() + "'");
      }
    }
    for (var field : schema.fields()) {
      var fault = member(object, field.name(), field.schema(), at);
      if (fault.isPresent()) {
        return fault.get();
      }
    }
    return schema
        .others()
        .<Outcome>map(others -> others(schema, others, object, at))
        .orElseGet(() -> new Fits(object));
  }

  private static Outcome others(Schema.Fields schema, Schema others, ObjectNode object, String at) {
    var names = new ArrayList<String>();
    object.fieldNames().forEachRemaining(names::add);
    schema.fields().forEach(field -> names.remove(field.name()));
    for (var name : names) {
      var fault = member(object, name, others, at);
      if (fault.isPresent()) {
        return fault.get();
      }
    }
    return new Fits(object);
  }

  private static Optional<Fault> member(ObjectNode object, String name, Schema schema, String at) {
    var value = object.get(name);
    if (value == null) {
      return Optional.empty();
    }
    // Names are written as in a JSON pointer.
    var where = at + "/" + name.replace("~", "~0").replace("/", "~1");
    return switch (check(schema, value, where)) {
      case Fits(var fitting) -> {
        object.set(name, fitting);
        yield Optional.empty();
      }
      case Fault fault -> Optional.of(fault);
    };
  }

  private static String plain(double bound) {
    return bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound);
  }
}
