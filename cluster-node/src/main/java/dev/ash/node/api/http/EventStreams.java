package dev.ash.node.api.http;

import dev.ash.node.telemetry.Metrics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * Writes server-sent events the way the contract's clients scan them: {@code id}, {@code event},
 * {@code data} in this order, one space after each colon, each frame a chunk of its own. Nothing is
 * buffered here: a frame is asked for when the connection can take it.
 */
public final class EventStreams {
  private static final ContentType TYPE = MediaTypes.TEXT_EVENT_STREAM.toContentType();
  private static final ByteString KEEP_ALIVE = ByteString.fromString(": keep-alive\n\n");

  /** A reader that takes nothing for this long is cut off; it can come back with its cursor. */
  private static final Duration STALLED = Duration.ofHours(1);

  /** The name may come from the agent: anything else could begin a line of its own. */
  private static final Pattern NOT_IN_A_NAME = Pattern.compile("[^A-Za-z0-9_.:-]");

  private static final int LONGEST_NAME = 128;

  private final Duration heartbeat;
  private final Metrics metrics;

  public EventStreams(Duration heartbeat, Metrics metrics) {
    this.heartbeat = heartbeat;
    this.metrics = metrics;
  }

  /** Streams frames; a comment is sent when there has been none for a while. */
  public HttpResponse respond(Metrics.StreamKind kind, Source<ByteString, ?> frames) {
    var bytes =
        measured(kind, frames).keepAlive(heartbeat, () -> KEEP_ALIVE).backpressureTimeout(STALLED);
    return HttpResponse.create()
        .withEntity(HttpEntities.createChunked(TYPE, bytes))
        .addHeaders(
            List.of(
                Replies.header("Cache-Control", "no-cache"),
                Replies.connection("keep-alive"),
                Replies.header("X-Accel-Buffering", "no")));
  }

  private Source<ByteString, ?> measured(Metrics.StreamKind kind, Source<ByteString, ?> frames) {
    return frames
        .map(
            frame -> {
              metrics.frameSent(kind);
              return frame;
            })
        .watchTermination(
            (_, ended) -> {
              metrics.streamOpened(kind);
              return ended.whenComplete((_, _) -> metrics.streamClosed(kind));
            });
  }

  /**
   * One frame.
   *
   * @param id empty for a frame that is no place in the log
   * @param data JSON on one line
   */
  public static ByteString frame(Optional<String> id, String event, String data) {
    var name = NOT_IN_A_NAME.matcher(event).replaceAll("_");
    return ByteString.fromString(
        id.map(i -> "id: " + i + "\n").orElse("")
            + "event: "
            + name.substring(0, Math.min(name.length(), LONGEST_NAME))
            + "\ndata: "
            + escape(data)
            + "\n\n",
        StandardCharsets.UTF_8);
  }

  static boolean isStream(HttpResponse response) {
    return response.entity().getContentType().equals(TYPE);
  }

  /** Some clients take more characters for the end of a line than there are in the standard. */
  private static String escape(String json) {
    var first = 0;
    while (first < json.length() && !breaksLines(json.charAt(first))) {
      first++;
    }
    if (first == json.length()) {
      return json;
    }
    var escaped = new StringBuilder(json.length() + 16);
    var inText = false;
    for (var i = 0; i < json.length(); i++) {
      var c = json.charAt(i);
      if (c == '\\' && inText && i + 1 < json.length() && !breaksLines(json.charAt(i + 1))) {
        escaped.append(c).append(json.charAt(++i));
      } else if (!breaksLines(c)) {
        inText ^= c == '"';
        escaped.append(c);
      } else if (inText) {
        escaped.append("\\u").append(HexFormat.of().toHexDigits(c));
      } else {
        // Between the tokens of JSON it was white space.
        escaped.append(' ');
      }
    }
    return escaped.toString();
  }

  private static boolean breaksLines(char c) {
    return c < ' ' || c == '\u0085' || c == '\u2028' || c == '\u2029';
  }
}
