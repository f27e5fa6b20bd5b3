package dev.ash.node.model;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Set;
import org.apache.pekko.util.ByteString;

/**
 * The body of a messages call as a cloud's service wants it: some of what the Messages API has
 * there is in the path, and the interface's version is in the body.
 *
 * @param stream whether the answer was asked for as a stream
 */
record CloudBody(ByteString bytes, boolean stream) {
  /** What an agent may write there, and what a cloud would believe. */
  private static final Set<String> NEVER = Set.of("anthropic_version", "anthropic_beta");

  /** Writes the fields that the cloud wants. */
  @FunctionalInterface
  interface Fields {
    void write(JsonGenerator json) throws IOException;
  }

  /**
   * Everything else stays as the agent wrote it.
   *
   * @param without names that are left out
   */
  static CloudBody of(ByteString sent, Set<String> without, Fields ours) {
    var out = new Taken(sent.size() + 256);
    var stream = false;
    try (var json = CallBody.JSON.createParser(sent.asInputStream());
        var copy = CallBody.JSON.createGenerator(out)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new IllegalArgumentException("no JSON object");
      }
      copy.writeStartObject();
      ours.write(copy);
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        var name = json.currentName();
        var value = json.nextToken();
        stream = name.equals("stream") ? value == JsonToken.VALUE_TRUE : stream;
        if (without.contains(name) || NEVER.contains(name)) {
          json.skipChildren();
        } else {
          copy.writeFieldName(name);
          copy.copyCurrentStructureExact(json);
        }
      }
      copy.writeEndObject();
    } catch (IOException _) {
      throw new IllegalArgumentException("no JSON that can be read");
    }
    return new CloudBody(out.bytes(), stream);
  }

  /** Gives away what it holds instead of a copy: bodies are large, and agents send many. */
  private static final class Taken extends ByteArrayOutputStream {
    Taken(int size) {
      super(size);
    }

    ByteString bytes() {
      return ByteString.fromArrayUnsafe(buf, 0, count);
    }
  }
}
