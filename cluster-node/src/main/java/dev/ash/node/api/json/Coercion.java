package dev.ash.node.api.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Makes one scalar type from another as the contract's clients are used to it: numbers and text
 * from each other, null to the empty value, a list of one to its element.
 */
final class Coercion {
  private static final Pattern DECIMAL =
      Pattern.compile("\\s*[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?\\s*");
  private static final int LONGEST_NUMBER = 64;

  private Coercion() {}

  static Optional<JsonNode> toText(JsonNode given) {
    var value = single(given, JsonNode::isTextual);
    return switch (value.getNodeType()) {
      case STRING -> Optional.of(value);
      case NUMBER -> Optional.of(TextNode.valueOf(written(value)));
      case BOOLEAN -> Optional.of(TextNode.valueOf(value.asText()));
      case NULL, MISSING -> Optional.of(TextNode.valueOf(""));
      case ARRAY, OBJECT, BINARY, POJO -> Optional.empty();
    };
  }

  static Optional<JsonNode> toNumber(JsonNode given) {
    var value = single(given, JsonNode::isNumber);
    return switch (value.getNodeType()) {
      case NUMBER -> Optional.of(value).filter(v -> Double.isFinite(v.doubleValue()));
      case STRING -> parse(value.textValue());
      case BOOLEAN -> Optional.of(LongNode.valueOf(value.booleanValue() ? 1 : 0));
      case NULL, MISSING -> Optional.of(LongNode.valueOf(0));
      case ARRAY, OBJECT, BINARY, POJO -> Optional.empty();
    };
  }

  /** What is larger than a long becomes the largest long; the bounds of a schema come later. */
  static Optional<JsonNode> toWhole(JsonNode given) {
    return toNumber(given)
        .filter(number -> number.isIntegralNumber() || number.doubleValue() % 1 == 0)
        .map(
            number ->
                LongNode.valueOf(
                    number.canConvertToLong() && number.isIntegralNumber()
                        ? number.longValue()
                        : (long) number.doubleValue()));
  }

  static Optional<JsonNode> toBoolean(JsonNode given) {
    var value = single(given, JsonNode::isBoolean);
    return switch (value.getNodeType()) {
      case BOOLEAN -> Optional.of(value);
      case STRING -> named(value.textValue(), "true", "false");
      case NUMBER -> named(written(value), "1", "0");
      case NULL, MISSING -> Optional.of(BooleanNode.FALSE);
      case ARRAY, OBJECT, BINARY, POJO -> Optional.empty();
    };
  }

  private static JsonNode single(JsonNode given, java.util.function.Predicate<JsonNode> wanted) {
    return given instanceof ArrayNode list && list.size() == 1 && wanted.test(list.get(0))
        ? list.get(0)
        : given;
  }

  private static Optional<JsonNode> named(String text, String yes, String no) {
    if (text.equals(yes)) {
      return Optional.of(BooleanNode.TRUE);
    }
    return text.equals(no) ? Optional.of(BooleanNode.FALSE) : Optional.empty();
  }

  private static Optional<JsonNode> parse(String text) {
    if (text.length() > LONGEST_NUMBER || !DECIMAL.matcher(text).matches()) {
      return Optional.empty();
    }
    var number = Double.parseDouble(text.strip());
    return Double.isFinite(number) ? Optional.of(DoubleNode.valueOf(number)) : Optional.empty();
  }

  private static String written(JsonNode number) {
    var value = number.doubleValue();
    if (!number.isFloatingPointNumber()) {
      return number.asText();
    }
    return value % 1 == 0 && Math.abs(value) < 1e21
        ? new BigDecimal(value).toPlainString()
        : number.asText();
  }
}
