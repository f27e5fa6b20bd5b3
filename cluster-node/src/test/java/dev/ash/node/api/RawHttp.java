package dev.ash.node.api;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A client that sends exactly what it is given and shows exactly what comes back. */
public final class RawHttp implements AutoCloseable {
  private final Socket socket;
  private final InputStream in;

  /**
   * A response.
   *
   * @param headers by lower-case name
   * @param chunks the body as it was framed; one element for a body with a length
   */
  public record Reply(int status, Map<String, String> headers, List<String> chunks) {
    public String body() {
      return String.join("", chunks);
    }

    public String header(String name) {
      return headers.getOrDefault(name, "(none)");
    }
  }

  public RawHttp(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(20_000);
    in = new BufferedInputStream(socket.getInputStream());
  }

  public static Reply send(
      int port, String method, String url, Map<String, String> headers, byte[] body)
      throws IOException {
    try (var http = new RawHttp(port)) {
      http.write(head(method, url, headers, body.length));
      http.write(body);
      return http.read(method.equals("HEAD"));
    }
  }

  public static String head(String method, String url, Map<String, String> headers, long length) {
    var head = new StringBuilder(method + " " + url + " HTTP/1.1\r\nHost: localhost\r\n");
    headers.forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
    if (length > 0 || method.equals("POST") || method.equals("PATCH")) {
      head.append("Content-Length: " + length + "\r\n");
    }
    return head + "\r\n";
  }

  public void write(String text) throws IOException {
    write(text.getBytes(StandardCharsets.UTF_8));
  }

  public void write(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
  }

  public Reply read(boolean headOnly) throws IOException {
    var head = readHead();
    if (headOnly || head.status() == 204) {
      return head;
    }
    var chunks = new ArrayList<String>();
    if (head.header("transfer-encoding").equals("chunked")) {
      for (var chunk = readChunk(); !chunk.isEmpty(); chunk = readChunk()) {
        chunks.add(chunk);
      }
    } else {
      var length = Integer.parseInt(head.headers().getOrDefault("content-length", "0"));
      chunks.add(new String(exactly(length), StandardCharsets.UTF_8));
    }
    return new Reply(head.status(), head.headers(), chunks);
  }

  public Reply readHead() throws IOException {
    var status = Integer.parseInt(line().split(" ", 3)[1]);
    var headers = new TreeMap<String, String>();
    for (var line = line(); !line.isEmpty(); line = line()) {
      var colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    return new Reply(status, headers, List.of());
  }

  /** Empty at the end of the body. */
  public String readChunk() throws IOException {
    var bytes = exactly(Integer.parseInt(line(), 16));
    line();
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private byte[] exactly(int length) throws IOException {
    var bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("got " + bytes.length + " of " + length + " bytes");
    }
    return bytes;
  }

  private String line() throws IOException {
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

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
