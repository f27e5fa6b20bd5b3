package dev.ash.node.api.docs;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.node.api.json.Schema;

/** Writes what the gate checks as JSON Schema. */
final class JsonSchemas {
  private JsonSchemas() {}

  static ObjectNode of(Schema schema) {
    var json = JsonNodeFactory.instance.objectNode();
    switch (schema) {
      case Schema.Anything _ -> {
        // The empty schema lets everything through.
      }
      case Schema.Bool _ -> json.put("type", "boolean");
      case Schema.Text text -> text(text, json);
      case Schema.Numeric number -> {
        json.put("type", number.whole() ? "integer" : "number");
        bound(json, "minimum", number.min());
        bound(json, "maximum", number.max());
      }
      case Schema.Items items -> items(items, json);
      case Schema.Fields fields -> fields(fields, json);
      case Schema.TextOrItems either ->
          json.putArray("oneOf").add(of(either.text())).add(of(either.items()));
      case Schema.Nullable(var inner) ->
          json.putArray("oneOf").add(of(inner)).addObject().put("type", "null");
    }
    return json;
  }

  private static void text(Schema.Text text, ObjectNode json) {
    json.put("type", "string");
    if (text.min() > 0) {
      json.put("minLength", text.min());
    }
    if (text.max() < Integer.MAX_VALUE) {
      json.put("maxLength", text.max());
    }
    text.pattern().ifPresent(pattern -> json.put("pattern", pattern.pattern()));
    switch (text.format()) {
      case ANY -> {
        // Any text will do.
      }
      case UUID -> json.put("format", "uuid");
      case DATE_TIME -> json.put("format", "date-time");
    }
    if (!text.allowed().isEmpty()) {
      text.allowed().forEach(json.putArray("enum")::add);
    }
  }

  private static void items(Schema.Items items, ObjectNode json) {
    json.put("type", "array").set("items", of(items.each()));
    if (items.min() > 0) {
      json.put("minItems", items.min());
    }
    if (items.max() < Integer.MAX_VALUE) {
      json.put("maxItems", items.max());
    }
  }

  private static void fields(Schema.Fields fields, ObjectNode json) {
    json.put("type", "object");
    if (!fields.fields().isEmpty()) {
      var properties = json.putObject("properties");
      for (var field : fields.fields()) {
        properties.set(field.name(), of(field));
      }
      var required = fields.fields().stream().filter(Schema.Field::required).toList();
      if (!required.isEmpty()) {
        var names = json.putArray("required");
        required.forEach(field -> names.add(field.name()));
      }
    }
    fields.others().ifPresent(others -> json.set("additionalProperties", of(others)));
  }

  static ObjectNode of(Schema.Field field) {
    var json = of(field.schema());
    field.fallback().ifPresent(fallback -> json.set("default", fallback));
    return json;
  }

  private static void bound(ObjectNode json, String name, double value) {
    if (!Double.isInfinite(value)) {
      if (value == Math.rint(value)) {
        json.put(name, (long) value);
      } else {
        json.put(name, value);
      }
    }
  }
}
