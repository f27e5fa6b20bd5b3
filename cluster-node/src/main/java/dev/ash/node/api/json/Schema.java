package dev.ash.node.api.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a value has to be. {@link SchemaCheck} applies it. */
public sealed interface Schema {

  /**
   * Anything.
   *
   * @see #anything()
   */
  record Anything() implements Schema {}

  /**
   * Text.
   *
   * @param pattern the expression as the error text shows it
   * @param allowed empty means any
   */
  record Text(int min, int max, Optional<Pattern> pattern, List<String> allowed, Format format)
      implements Schema {
    public Text {
      allowed = List.copyOf(allowed);
    }

    public Text between(int least, int most) {
      return new Text(least, most, pattern, allowed, format);
    }

    public Text matching(String regex) {
      return new Text(min, max, Optional.of(Pattern.compile(regex)), allowed, format);
    }
  }

  /** Forms of text that have a name in a fault. */
  enum Format {
    ANY,
    UUID,
    DATE_TIME
  }

  record Numeric(boolean whole, double min, double max) implements Schema {
    public Numeric from(double least) {
      return new Numeric(whole, least, max);
    }

    public Numeric to(double most) {
      return new Numeric(whole, min, most);
    }
  }

  record Bool() implements Schema {}

  record Items(Schema each, int min, int max) implements Schema {
    public Items between(int least, int most) {
      return new Items(each, least, most);
    }
  }

  /**
   * An object; fields that are not declared are let through.
   *
   * @param others what undeclared fields have to be
   */
  record Fields(List<Field> fields, Optional<Schema> others) implements Schema {
    public Fields {
      fields = List.copyOf(fields);
    }

    public Fields with(String name, Schema schema) {
      return plus(new Field(name, schema, false, Optional.empty()));
    }

    public Fields required(String name, Schema schema) {
      return plus(new Field(name, schema, true, Optional.empty()));
    }

    public Fields with(String name, Schema schema, String fallback) {
      return plus(new Field(name, schema, false, Optional.of(TextNode.valueOf(fallback))));
    }

    public Fields with(String name, Schema schema, long fallback) {
      return plus(new Field(name, schema, false, Optional.of(LongNode.valueOf(fallback))));
    }

    public Fields with(String name, Schema schema, boolean fallback) {
      return plus(new Field(name, schema, false, Optional.of(BooleanNode.valueOf(fallback))));
    }

    private Fields plus(Field field) {
      var all = new java.util.ArrayList<>(fields);
      all.add(field);
      return new Fields(all, others);
    }
  }

  /** Text stays text and a list stays a list: the one place where a list does not absorb text. */
  record TextOrItems(Text text, Items items) implements Schema {}

  /** What null fits too, and stays null. */
  record Nullable(Schema schema) implements Schema {}

  /**
   * A member of an object.
   *
   * @param fallback the value of an absent member
   */
  record Field(String name, Schema schema, boolean required, Optional<JsonNode> fallback) {}

  static Schema anything() {
    return new Anything();
  }

  static Text text() {
    return new Text(0, Integer.MAX_VALUE, Optional.empty(), List.of(), Format.ANY);
  }

  static Text oneOf(String... allowed) {
    return new Text(0, Integer.MAX_VALUE, Optional.empty(), List.of(allowed), Format.ANY);
  }

  static Text uuid() {
    return new Text(0, Integer.MAX_VALUE, Optional.empty(), List.of(), Format.UUID);
  }

  /** RFC 3339, with a date, a time and an offset. */
  static Text dateTime() {
    return new Text(0, Integer.MAX_VALUE, Optional.empty(), List.of(), Format.DATE_TIME);
  }

  static Numeric whole() {
    return new Numeric(true, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
  }

  static Numeric number() {
    return new Numeric(false, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
  }

  static Bool bool() {
    return new Bool();
  }

  static Nullable nullable(Schema schema) {
    return new Nullable(schema);
  }

  static Items listOf(Schema each) {
    return new Items(each, 0, Integer.MAX_VALUE);
  }

  static Fields object() {
    return new Fields(List.of(), Optional.empty());
  }

  static Fields mapOf(Schema values) {
    return new Fields(List.of(), Optional.of(values));
  }
}
