package dev.ash.node.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * A response of server-sent events, read line by line as the published clients read it: {@code
 * event: x} before {@code data: y}, one space each, JSON on one line. Anything else but comments
 * and ids is an error.
 *
 * <p>Reads only when it is asked to: a caller that stops asking is a reader that stopped reading.
 */
public final class EventStream implements AutoCloseable {
  private static final int SILENCE_MS = 60_000;

  private final Socket socket;
  private final InputStream in;
  private final int status;
  private final Map<String, String> headers;
  private final ArrayDeque<Frame> ready = new ArrayDeque<>();
  private final StringBuilder raw = new StringBuilder();
  private boolean ended;

  /** One event; the id is empty if there was none. */
  public record Frame(String id, String event, String data) {
    public JsonNode json() {
      return StrictClient.json(data);
    }

    /** The type of the agent's message in it; empty for other events. */
    public String type() {
      return event.equals("message") ? json().path("type").asText() : "";
    }

    @Override
    public String toString() {
      return id + " " + event + " " + data;
    }
  }

  private EventStream(Socket socket, InputStream in, int status, Map<String, String> headers) {
    this.socket = socket;
    this.in = in;
    this.status = status;
    this.headers = headers;
  }

  static EventStream open(
      String url, String key, String method, String path, Map<String, String> more, String body) {
    return open(url, key, method, path, more, body, 0);
  }

  /** With a receive buffer of so many bytes, if it is not 0. */
  static EventStream open(
      String url,
      String key,
      String method,
      String path,
      Map<String, String> more,
      String body,
      int receiveBuffer) {
    var at = URI.create(url);
    var socket = new Socket();
    try {
      if (receiveBuffer > 0) {
        socket.setReceiveBufferSize(receiveBuffer);
      }
      socket.connect(new InetSocketAddress(at.getHost(), at.getPort()));
      socket.setSoTimeout(SILENCE_MS);
      var bytes = body.getBytes(StandardCharsets.UTF_8);
      var head = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: " + at.getHost());
      head.append("\r\nAuthorization: Bearer " + key + "\r\n");
      more.forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
      if (method.equals("POST")) {
        head.append("Content-Type: application/json\r\nContent-Length: " + bytes.length + "\r\n");
      }
      socket.getOutputStream().write((head + "\r\n").getBytes(StandardCharsets.UTF_8));
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
      return answer(socket);
    } catch (IOException e) {
      try {
        socket.close();
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw new UncheckedIOException(method + " " + path, e);
    }
  }

  private static EventStream answer(Socket socket) throws IOException {
    var in = new BufferedInputStream(socket.getInputStream(), 1024);
    var status = Integer.parseInt(line(in).split(" ", 3)[1]);
    var headers = new TreeMap<String, String>();
    for (var line = line(in); !line.isEmpty(); line = line(in)) {
      var colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    return new EventStream(socket, in, status, headers);
  }

  public int status() {
    return status;
  }

  public String header(String name) {
    return headers.getOrDefault(name, "(none)");
  }

  /** The body of an answer that is no stream. */
  public String refusal() throws IOException {
    return new String(
        in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0"))),
        StandardCharsets.UTF_8);
  }

  /** Everything of the body so far, comments too. */
  public String raw() {
    return raw.toString();
  }

  /** The next event; empty at the end of the stream. */
  public Optional<Frame> next() {
    if (status != 200) {
      throw new AssertionError("status " + status + " (expected: 200)");
    }
    try {
      while (ready.isEmpty() && !ended) {
        readChunk();
      }
      return Optional.ofNullable(ready.poll());
    } catch (IOException e) {
      throw new UncheckedIOException("after: " + raw, e);
    }
  }

  /** Every event until the server ends the stream. */
  public List<Frame> rest() {
    return upTo(_ -> false);
  }

  /** Every event up to the first of this kind. */
  public List<Frame> upTo(String event) {
    return upTo(frame -> frame.event().equals(event));
  }

  /** Every event up to the first that fits, or to the end. */
  public List<Frame> upTo(Predicate<Frame> last) {
    var frames = new ArrayList<Frame>();
    for (var next = next(); next.isPresent(); next = next()) {
      frames.add(next.get());
      if (last.test(next.get())) {
        return frames;
      }
    }
    return frames;
  }

  /** Some published clients parse each chunk by itself, so a chunk holds whole frames. */
  private void readChunk() throws IOException {
    var size = Integer.parseInt(line(in), 16);
    var bytes = in.readNBytes(size);
    if (bytes.length < size) {
      throw new EOFException("got " + bytes.length + " of " + size + " bytes");
    }
    line(in);
    ended = size == 0;
    if (!ended) {
      var chunk = new String(bytes, StandardCharsets.UTF_8);
      raw.append(chunk);
      if (!chunk.endsWith("\n\n")) {
        throw new IOException("a chunk ends within a frame: " + chunk);
      }
      for (var frame : chunk.substring(0, chunk.length() - 2).split("\n\n", -1)) {
        scan(frame);
      }
    }
  }

  private void scan(String text) throws IOException {
    var id = "";
    var event = "";
    var data = "";
    for (var line : text.split("\n", -1)) {
      if (line.startsWith("id: ") && id.isEmpty() && event.isEmpty()) {
        id = line.substring("id: ".length());
      } else if (line.startsWith("event: ") && event.isEmpty()) {
        event = line.substring("event: ".length());
      } else if (line.startsWith("data: ") && !event.isEmpty() && data.isEmpty()) {
        data = line.substring("data: ".length());
      } else if (!line.startsWith(":")) {
        throw new IOException("a published client would not understand: " + line);
      }
    }
    if (!data.isEmpty()) {
      StrictClient.json(data);
      ready.add(new Frame(id, event, data));
    } else if (!event.isEmpty() || !id.isEmpty()) {
      throw new IOException("an event without data: " + text);
    }
  }

  private static String line(InputStream in) throws IOException {
    var line = new ByteArrayOutputStream();
    for (var b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("connection closed after: " + line);
      }
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.ISO_8859_1);
  }

  /** Leaves, also in the middle. */
  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
