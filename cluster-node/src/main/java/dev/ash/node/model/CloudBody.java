package dev.ash.node.model;

import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.apache.pekko.util.ByteString;

/**
 * The body of a messages call as a cloud's service wants it: the model and whether to stream are in
 * the path, the interface's version and the betas in the body.
 *
 * @param stream whether the answer was asked for as a stream
 */
record CloudBody(ByteString bytes, boolean stream) {
  private static final Set<String> OURS =
      Set.of("model", "stream", "anthropic_version", "anthropic_beta");

  /** Everything else stays as the agent wrote it. */
  static CloudBody of(ByteString sent, String version, List<String> betas) {
    var out = new Taken(sent.size() + 256);
    var stream = false;
    try (var json = CallBody.JSON.createParser(sent.asInputStream());
        var copy = CallBody.JSON.createGenerator(out)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new IllegalArgumentException("no JSON object");
      }
      copy.writeStartObject();
      copy.writeStringField("anthropic_version", version);
      if (!betas.isEmpty()) {
        copy.writeArrayFieldStart("anthropic_beta");
        for (var beta : betas) {
          copy.writeString(beta);
        }
        copy.writeEndArray();
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        var name = json.currentName();
        var value = json.nextToken();
        if (OURS.contains(name)) {
          stream = name.equals("stream") ? value == JsonToken.VALUE_TRUE : stream;
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
