package dev.ash.node.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import org.apache.pekko.util.ByteString;

/**
 * The body of a model call and what of it the node must know.
 *
 * @param model as the agent wrote it, cut to a bound; {@code unknown} without one
 * @param maxTokens bound of the answer that the call asks for; 0 without one
 */
record CallBody(ByteString bytes, String model, long maxTokens) {
  private static final int LONGEST_MODEL = 128;
  private static final int BYTES_PER_TOKEN = 4;
  static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
          .build();

  /** What cannot be sent; the message is for the agent. */
  static final class InvalidBodyException extends Exception {
    private static final long serialVersionUID = 1L;

    InvalidBodyException(String message) {
      super(message);
    }
  }

  /** Reads the top level only. Two models in one body could be billed as the cheaper one. */
  static CallBody of(ByteString bytes) throws InvalidBodyException {
    var model = "";
    var maxTokens = 0L;
    try (var json = JSON.createParser(bytes.asInputStream())) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new InvalidBodyException("The body is no JSON object.");
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        var name = json.currentName();
        var value = json.nextToken();
        if (name.equals("model")) {
          if (!model.isEmpty() || value != JsonToken.VALUE_STRING) {
            throw new InvalidBodyException("model: expected one text.");
          }
          model = json.getText();
        } else if (name.equals("max_tokens") && value == JsonToken.VALUE_NUMBER_INT) {
          maxTokens = Math.clamp(json.getValueAsLong(), 0, 1_000_000);
        } else {
          json.skipChildren();
        }
      }
    } catch (JsonParseException e) {
      throw new InvalidBodyException("The body is no valid JSON.");
    } catch (IOException e) {
      throw new InvalidBodyException("The body could not be read.");
    }
    var known = model.replaceAll("[^\\x21-\\x7e]", "?");
    return new CallBody(
        bytes,
        known.isEmpty() ? "unknown" : known.substring(0, Math.min(known.length(), LONGEST_MODEL)),
        maxTokens);
  }

  long estimatedInput() {
    return bytes.size() / BYTES_PER_TOKEN;
  }
}
