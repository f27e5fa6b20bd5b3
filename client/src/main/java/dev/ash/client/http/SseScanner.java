package dev.ash.client.http;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Reads an event stream line by line, by the rule all of Ash's clients share: {@code event: name},
 * then {@code data: json} on one line. An event is whole when its data line is; a line that the end
 * of the stream cut off is dropped.
 */
public final class SseScanner implements AutoCloseable {
  /** A message may carry images; beyond this it is not one. */
  private static final int LINE_LIMIT = 64 << 20;

  private final InputStream in;
  private final int lineLimit;
  private Optional<String> id = Optional.empty();
  private Optional<String> name = Optional.empty();

  public SseScanner(InputStream in) {
    this(in, LINE_LIMIT);
  }

  SseScanner(InputStream in, int lineLimit) {
    this.in = new BufferedInputStream(in, 16 << 10);
    this.lineLimit = lineLimit;
  }

  /** The next item, or nothing at the end of the stream. */
  public Optional<SseItem> next() throws IOException {
    while (true) {
      var read = line();
      if (read.isEmpty()) {
        return Optional.empty();
      }
      var line = read.get();
      if (line.isEmpty()) {
        id = Optional.empty();
        name = Optional.empty();
      } else if (line.startsWith(":")) {
        return Optional.of(new SseItem.Heartbeat());
      } else if (line.startsWith("id: ")) {
        id = Optional.of(line.substring(4));
      } else if (line.startsWith("event: ")) {
        name = Optional.of(line.substring(7));
      } else if (line.startsWith("data: ") && name.isPresent()) {
        var event = new SseItem.Event(id, name.get(), line.substring(6));
        name = Optional.empty();
        return Optional.of(event);
      }
    }
  }

  private Optional<String> line() throws IOException {
    var bytes = new ByteArrayOutputStream(256);
    for (int b = in.read(); b != -1; b = in.read()) {
      if (b == '\n') {
        var text = bytes.toString(StandardCharsets.UTF_8);
        return Optional.of(text.endsWith("\r") ? text.substring(0, text.length() - 1) : text);
      }
      if (bytes.size() == lineLimit) {
        throw new IOException("a line of the event stream is longer than " + lineLimit + " bytes");
      }
      bytes.write(b);
    }
    return Optional.empty();
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
