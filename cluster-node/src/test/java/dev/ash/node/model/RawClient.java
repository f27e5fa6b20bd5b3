package dev.ash.node.model;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Speaks HTTP over a Unix socket byte by byte, as nobody well-behaved would. */
final class RawClient implements AutoCloseable {
  private final SocketChannel channel;
  private final InputStream in;

  record Answer(int status, List<String> headers, String body) {
    boolean has(String name) {
      return headers.stream().anyMatch(h -> h.toLowerCase(Locale.ROOT).startsWith(name + ":"));
    }
  }

  RawClient(Path socket) throws IOException {
    channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
    in = Channels.newInputStream(channel);
  }

  static Answer call(Path socket, String request) throws IOException {
    try (var client = new RawClient(socket)) {
      client.send(request);
      return client.answer();
    }
  }

  static String post(String path, String body, String... headers) {
    return "POST "
        + path
        + " HTTP/1.1\r\nHost: model\r\nContent-Type: application/json\r\nContent-Length: "
        + body.getBytes(UTF_8).length
        + "\r\n"
        + lines(headers)
        + "\r\n"
        + body;
  }

  static String get(String path, String... headers) {
    return "GET " + path + " HTTP/1.1\r\nHost: model\r\n" + lines(headers) + "\r\n";
  }

  private static String lines(String... headers) {
    return headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
  }

  void send(String text) throws IOException {
    var bytes = ByteBuffer.wrap(text.getBytes(UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Reads one line; empty at the end of the head, null at the end of the stream. */
  @Nullable String line() throws IOException {
    var line = new ByteArrayOutputStream();
    for (var c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        return line.size() == 0 ? null : line.toString(UTF_8);
      }
      line.write(c);
    }
    return line.toString(UTF_8).stripTrailing();
  }

  Answer answer() throws IOException {
    var status = line();
    if (status == null) {
      return new Answer(0, List.of(), "");
    }
    var headers = new ArrayList<String>();
    for (var line = line(); line != null && !line.isEmpty(); line = line()) {
      headers.add(line);
    }
    var code = Integer.parseInt(status.substring(9, 12));
    return new Answer(code, headers, body(headers));
  }

  private String body(List<String> headers) throws IOException {
    for (var header : headers) {
      var lower = header.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        var length = Integer.parseInt(lower.substring("content-length:".length()).strip());
        return new String(in.readNBytes(length), UTF_8);
      }
      if (lower.equals("transfer-encoding: chunked")) {
        return chunks();
      }
    }
    return "";
  }

  private String chunks() throws IOException {
    var body = new StringBuilder();
    while (true) {
      var size = line();
      if (size == null) {
        throw new IOException("the answer broke off");
      }
      var length = Integer.parseInt(size, 16);
      body.append(new String(in.readNBytes(length), ISO_8859_1));
      line();
      if (length == 0) {
        return new String(body.toString().getBytes(ISO_8859_1), UTF_8);
      }
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
