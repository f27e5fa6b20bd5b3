package dev.ash.node.api.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.apache.pekko.util.ByteString;

/**
 * Reads and writes JSON. Reading is strict: one value, no name twice, no name that means something
 * to a JavaScript object, no bytes that are not UTF-8, and bounds on depth and on numbers.
 */
public final class JsonText {
  private static final int MAX_DEPTH = 128;
  private static final int MAX_DIGITS = 400;
  private static final int MAX_NAME = 10_000;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(factory()).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private JsonText() {}

  /** Empty when it is not JSON, or not JSON that is let in. */
  public static Optional<JsonNode> parse(ByteString bytes) {
    try (var in = bytes.asInputStream()) {
      var value = MAPPER.readTree(in);
      return Optional.of(value).filter(v -> !v.isMissingNode() && isHarmless(v));
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  /** Reads what this system wrote itself. */
  public static JsonNode parseOwn(String json) {
    try {
      return MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("stored JSON cannot be read", e);
    }
  }

  /** Compact JSON of a record, a list or a node; halves of surrogate pairs are replaced. */
  public static String write(Object value) {
    try {
      return wellFormed(MAPPER.writeValueAsString(value));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("a value of ours cannot be written as JSON", e);
    }
  }

  private static JsonFactory factory() {
    return new JsonFactoryBuilder()
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
        .streamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(MAX_DEPTH)
                .maxNumberLength(MAX_DIGITS)
                .maxNameLength(MAX_NAME)
                // Bodies are bounded before they are parsed.
                .maxStringLength(Integer.MAX_VALUE)
                .build())
        .build();
  }

  private static boolean isHarmless(JsonNode node) {
    if (node.isObject()) {
      if (node.has("__proto__")) {
        return false;
      }
      var constructor = node.get("constructor");
      if (constructor != null && constructor.has("prototype")) {
        return false;
      }
    }
    for (var child : node) {
      if (child.isContainerNode() && !isHarmless(child)) {
        return false;
      }
    }
    return true;
  }

  private static String wellFormed(String text) {
    for (var i = 0; i < text.length(); i++) {
      var c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        if (!startsPair(text, i)) {
          return replaceHalves(text);
        }
        i++;
      }
    }
    return text;
  }

  private static boolean startsPair(String text, int i) {
    return Character.isHighSurrogate(text.charAt(i))
        && i + 1 < text.length()
        && Character.isLowSurrogate(text.charAt(i + 1));
  }

  private static String replaceHalves(String text) {
    var fixed = new StringBuilder(text.length());
    for (var i = 0; i < text.length(); i++) {
      if (!Character.isSurrogate(text.charAt(i))) {
        fixed.append(text.charAt(i));
      } else if (startsPair(text, i)) {
        fixed.append(text.charAt(i)).append(text.charAt(++i));
      } else {
        fixed.append('\uFFFD');
      }
    }
    return fixed.toString();
  }
}
