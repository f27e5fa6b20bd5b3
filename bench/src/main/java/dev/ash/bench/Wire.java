package dev.ash.bench;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * One HTTP/1.1 connection to the node that stays open. It does as little as it can: the driver has
 * the same two cores as the node that it measures. Not thread-safe.
 */
final class Wire implements Closeable {
  private static final int BUFFER = 64 << 10;
  private static final int TIMEOUT_MILLIS = 60_000;

  private final Socket socket;
  private final InputStream in;
  private final String headers;

  /** An answer that was read whole. */
  record Reply(int status, String body) {
    /** Itself, when it says that what was asked for was done. */
    Reply orFail() throws IOException {
      if (status / 100 != 2) {
        throw new IOException(status + " " + body);
      }
      return this;
    }

    /** The value of the first text field of that name. */
    String text(String field) {
      var name = "\"" + field + "\":\"";
      var start = body.indexOf(name);
      if (start < 0) {
        throw new IllegalStateException("no " + field + " in " + status + " " + body);
      }
      var from = start + name.length();
      return body.substring(from, body.indexOf('"', from));
    }
  }

  /**
   * What came of a stream.
   *
   * @param firstNanos from the request to the first event
   * @param lastNanos from the request to the last event
   */
  record Streamed(long firstNanos, long lastNanos, int events) {}

  Wire(int port, String key) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    in = new BufferedInputStream(socket.getInputStream(), BUFFER);
    headers = " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + key + "\r\n";
  }

  /** Asks for what must succeed. */
  Reply ask(String method, String path, String body) throws IOException {
    return answer(method, path, body).orFail();
  }

  /** Asks, whatever comes. */
  Reply answer(String method, String path, String body) throws IOException {
    write(method, path, body);
    var head = Head.read(in);
    return new Reply(head.status(), new Body(in, head.length()).text());
  }

  /** Reads server-sent events until the stream ends, or there were enough. */
  Streamed stream(String method, String path, String body, int enough) throws IOException {
    var begin = System.nanoTime();
    write(method, path, body);
    var head = Head.read(in);
    if (head.status() != 200) {
      throw new IOException(method + " " + path + ": " + head.status());
    }
    var content = new Body(in, head.length());
    var first = 0L;
    var last = 0L;
    var events = 0;
    var line = content.line();
    while (line.isPresent()) {
      if (line.get().startsWith("data: ")) {
        events++;
        last = System.nanoTime() - begin;
        first = first == 0 ? last : first;
        if (events == enough) {
          break;
        }
      }
      line = content.line();
    }
    return new Streamed(first, last, events);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private void write(String method, String path, String body) throws IOException {
    var length = body.getBytes(StandardCharsets.UTF_8).length;
    var type = body.isEmpty() ? "" : "Content-Type: application/json\r\n";
    var size = method.equals("GET") ? "" : "Content-Length: " + length + "\r\n";
    var request = method + " " + path + headers + type + size + "\r\n" + body;
    socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
  }
}
