package dev.ash.node.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;
import software.amazon.eventstream.Message;

/**
 * Amazon's event stream as server-sent events: what comes in one piece goes on in one piece, at
 * once. A frame whose checksum is wrong, that is above 4 MiB, or that is no event of the Messages
 * API breaks the stream off, and so does an end before {@code message_stop}.
 */
final class BedrockStream implements Flow.Publisher<List<ByteBuffer>> {
  /** A frame's length, that of its headers, and the checksum of both. */
  private static final int PRELUDE = 12;

  private static final int SHORTEST = PRELUDE + 4;
  private static final int LONGEST = 4 << 20;

  private final Flow.Publisher<List<ByteBuffer>> frames;

  BedrockStream(Flow.Publisher<List<ByteBuffer>> frames) {
    this.frames = frames;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super List<ByteBuffer>> reader) {
    frames.subscribe(new Decoding(reader));
  }

  /** One reading. Each piece that comes makes one, so that demand passes as it is. */
  private static final class Decoding implements Flow.Subscriber<List<ByteBuffer>> {
    private final Flow.Subscriber<? super List<ByteBuffer>> reader;
    private byte[] frame = new byte[PRELUDE];
    private int filled;
    private List<ByteBuffer> whole = new ArrayList<>();
    private Flow.@Nullable Subscription frames;
    private boolean ended;
    private boolean over;

    Decoding(Flow.Subscriber<? super List<ByteBuffer>> reader) {
      this.reader = reader;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      frames = subscription;
      reader.onSubscribe(subscription);
    }

    @Override
    public void onNext(List<ByteBuffer> item) {
      if (over) {
        return;
      }
      var events = new ArrayList<ByteBuffer>();
      whole = events;
      try {
        item.forEach(this::feed);
      } catch (RuntimeException e) {
        over = true;
        if (frames != null) {
          frames.cancel();
        }
        // What was whole has been paid for, and its meter reads it here.
        reader.onNext(events);
        reader.onError(new IOException("a broken frame of Bedrock's stream", e));
        return;
      }
      reader.onNext(events);
    }

    /** The library's decoder holds 2 MiB for each stream before a byte has come. */
    private void feed(ByteBuffer bytes) {
      while (bytes.hasRemaining()) {
        var taken = Math.min(frame.length - filled, bytes.remaining());
        bytes.get(frame, filled, taken);
        filled += taken;
        if (filled == frame.length) {
          filledUp();
        }
      }
    }

    private void filledUp() {
      if (frame.length == PRELUDE) {
        var length = ByteBuffer.wrap(frame).getInt();
        if (length < SHORTEST || length > LONGEST) {
          throw new IllegalStateException(
              "a frame of %d bytes (expected: %d to %d)".formatted(length, SHORTEST, LONGEST));
        }
        frame = Arrays.copyOf(frame, length);
      } else {
        var message = Message.decode(ByteBuffer.wrap(frame));
        frame = new byte[PRELUDE];
        filled = 0;
        take(message);
      }
    }

    private void take(Message message) {
      if (ended) {
        return;
      }
      try {
        var event = event(message);
        if (event.isPresent()) {
          whole.add(sse(event.get()));
          ended = isLast(event.get());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static boolean isLast(JsonNode event) {
      var type = event.path("type").asText();
      return type.equals("message_stop") || type.equals("error");
    }

    private static Optional<JsonNode> event(Message message) throws IOException {
      var kind = header(message, ":message-type").orElse("");
      return switch (kind) {
        case "event" ->
            header(message, ":event-type").filter("chunk"::equals).isPresent()
                ? Optional.of(chunk(message))
                : Optional.empty();
        case "exception" ->
            Optional.of(
                BedrockErrors.inStream(
                    header(message, ":exception-type"),
                    payload(message).map(p -> p.path("message").asText()).orElse("")));
        case "error" ->
            Optional.of(
                BedrockErrors.inStream(
                    header(message, ":error-code"), header(message, ":error-message").orElse("")));
        default -> throw new IOException("a frame without a known :message-type");
      };
    }

    private static JsonNode chunk(Message message) throws IOException {
      var text = payload(message).map(p -> p.path("bytes").asText()).orElse("");
      var event = Json.parse(new String(Base64.getDecoder().decode(text), UTF_8));
      if (event.isPresent()
          && event.get() instanceof ObjectNode object
          && object.path("type").asText().matches("[a-z_]{1,40}")) {
        object.remove("amazon-bedrock-invocationMetrics");
        return object;
      }
      throw new IOException("a chunk that is no event");
    }

    private static Optional<JsonNode> payload(Message message) {
      return Json.parse(new String(message.getPayload(), UTF_8)).map(json -> json);
    }

    private static Optional<String> header(Message message, String name) {
      return Optional.ofNullable(message.getHeaders().get(name)).map(value -> value.getString());
    }

    private static ByteBuffer sse(JsonNode event) {
      return ByteBuffer.wrap(
          "event: %s\ndata: %s\n\n".formatted(event.path("type").asText(), event).getBytes(UTF_8));
    }

    @Override
    public void onError(Throwable failure) {
      if (!over) {
        over = true;
        reader.onError(failure);
      }
    }

    @Override
    public void onComplete() {
      if (over) {
        return;
      }
      over = true;
      if (ended) {
        reader.onComplete();
      } else {
        reader.onError(new IOException("Bedrock's stream ended before its message"));
      }
    }
  }
}
