package dev.ash.protocol.bridge;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.ash.protocol.bridge.FrameException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The members of one JSON object, taken out one by one: each must be there, be of its type and
 * within its bounds, and in the end none may be left.
 */
final class FrameFields {
  private static final int MAX_ITEMS = 20_000;

  private final Map<String, Object> left;

  private FrameFields(Map<String, Object> left) {
    this.left = left;
  }

  /** Reads the object at whose start the parser stands. */
  static FrameFields read(JsonParser parser) throws IOException, FrameException {
    return new FrameFields(object(parser, 3));
  }

  private static Map<String, Object> object(JsonParser parser, int depth)
      throws IOException, FrameException {
    var members = new HashMap<String, Object>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      var name = parser.currentName();
      parser.nextToken();
      if (members.size() == MAX_ITEMS) {
        throw bad("object", "at most " + MAX_ITEMS + " members");
      }
      if (members.put(name, value(parser, depth)) != null) {
        throw bad("object", "each member once");
      }
    }
    return members;
  }

  private static Object value(JsonParser parser, int depth) throws IOException, FrameException {
    return switch (parser.currentToken()) {
      case VALUE_STRING -> unicode(parser.getText());
      case VALUE_NUMBER_INT -> integer(parser);
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case START_OBJECT -> {
        if (depth == 0) {
          throw bad("value", "not so deep");
        }
        yield object(parser, depth - 1);
      }
      case START_ARRAY -> {
        if (depth == 0) {
          throw bad("value", "not so deep");
        }
        var items = new ArrayList<Object>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          if (items.size() == MAX_ITEMS) {
            throw bad("array", "at most " + MAX_ITEMS + " items");
          }
          items.add(value(parser, depth - 1));
        }
        yield items;
      }
      case NOT_AVAILABLE,
          END_OBJECT,
          END_ARRAY,
          FIELD_NAME,
          VALUE_EMBEDDED_OBJECT,
          VALUE_NUMBER_FLOAT,
          VALUE_NULL ->
          throw bad("value", "text, a whole number, a boolean, an array or an object");
    };
  }

  private static Long integer(JsonParser parser) throws IOException, FrameException {
    if (parser.getTextLength() > 20
        || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
      throw bad("number", "64 bits");
    }
    return parser.getLongValue();
  }

  /** Half a surrogate pair cannot be written as UTF-8 again, so it must not get in. */
  private static String unicode(String text) throws FrameException {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        if (!Character.isHighSurrogate(c)
            || i + 1 == text.length()
            || !Character.isLowSurrogate(text.charAt(i + 1))) {
          throw bad("text", "whole surrogate pairs");
        }
        i++;
      }
    }
    return text;
  }

  String text(String name) throws FrameException {
    if (take(name) instanceof String text) {
      return text;
    }
    throw bad(name, "text");
  }

  Optional<String> optionalText(String name) throws FrameException {
    return left.containsKey(name) ? Optional.of(text(name)) : Optional.empty();
  }

  long number(String name, long min, long max) throws FrameException {
    if (take(name) instanceof Long number && number >= min && number <= max) {
      return number;
    }
    throw bad(name, "a whole number from " + min + " to " + max);
  }

  int small(String name, int min, int max) throws FrameException {
    return (int) number(name, min, max);
  }

  long id() throws FrameException {
    return number("id", 1, Long.MAX_VALUE);
  }

  boolean flag(String name) throws FrameException {
    if (take(name) instanceof Boolean flag) {
      return flag;
    }
    throw bad(name, "a boolean");
  }

  ByteBuffer data(String name) throws FrameException {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(text(name));
    } catch (IllegalArgumentException e) {
      throw bad(name, "base64");
    }
    if (bytes.length > FrameLimits.DATA) {
      throw bad(name, "at most " + FrameLimits.DATA + " bytes");
    }
    return ByteBuffer.wrap(bytes);
  }

  <E extends Enum<E>> E word(String name, Class<E> words) throws FrameException {
    var text = text(name);
    for (var word : words.getEnumConstants()) {
      if (wire(word).equals(text)) {
        return word;
      }
    }
    throw bad(name, "one of the known words");
  }

  static String wire(Enum<?> word) {
    return word.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  List<String> texts(String name) throws FrameException {
    var texts = new ArrayList<String>();
    for (var item : items(name)) {
      if (!(item instanceof String text)) {
        throw bad(name, "an array of texts");
      }
      texts.add(text);
    }
    return texts;
  }

  Map<String, String> textMap(String name) throws FrameException {
    if (!(take(name) instanceof Map<?, ?> members)) {
      throw bad(name, "an object");
    }
    var texts = new HashMap<String, String>();
    for (var member : members.entrySet()) {
      if (member.getKey() instanceof String key && member.getValue() instanceof String value) {
        texts.put(key, value);
      } else {
        throw bad(name, "texts");
      }
    }
    return texts;
  }

  List<FrameFields> objects(String name) throws FrameException {
    var objects = new ArrayList<FrameFields>();
    for (var item : items(name)) {
      if (!(item instanceof Map<?, ?> members)) {
        throw bad(name, "an array of objects");
      }
      var copy = new HashMap<String, Object>();
      members.forEach((key, value) -> copy.put((String) key, value));
      objects.add(new FrameFields(copy));
    }
    return objects;
  }

  private List<?> items(String name) throws FrameException {
    if (take(name) instanceof List<?> items) {
      return items;
    }
    throw bad(name, "an array");
  }

  private Object take(String name) throws FrameException {
    @Nullable Object value = left.remove(name);
    if (value == null) {
      throw new FrameException(Reason.MISSING_FIELD, name + ": missing");
    }
    return value;
  }

  /** Everything must have been taken. */
  void end() throws FrameException {
    if (!left.isEmpty()) {
      throw new FrameException(Reason.UNKNOWN_FIELD, "frame: has members that it must not have");
    }
  }

  static FrameException bad(String name, String expected) {
    return new FrameException(Reason.BAD_VALUE, name + ": (expected: " + expected + ")");
  }
}
