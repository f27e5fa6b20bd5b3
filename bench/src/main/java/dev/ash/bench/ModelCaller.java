package dev.ash.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;

/**
 * An agent's connection to a model server: by TCP, or by the Unix socket that a sandbox has. Not
 * thread-safe.
 */
final class ModelCaller implements Closeable {
  private static final String BODY =
      "{\"model\":\"claude\",\"max_tokens\":9,\"stream\":true,\"messages\":[]}";

  private final SocketChannel channel;
  private final InputStream in;

  ModelCaller(SocketAddress server) throws IOException {
    channel = SocketChannel.open(server);
    if (server instanceof java.net.InetSocketAddress) {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    }
    in = new BufferedInputStream(Channels.newInputStream(channel), 64 << 10);
  }

  /**
   * Makes one call and reads its answer.
   *
   * @param first gets the time from the request to the answer's first event
   * @param delays gets the time of each delta from its writing to its reading
   */
  void call(int deltas, long paceMicros, Samples first, Samples delays) throws IOException {
    var begin = System.nanoTime();
    var request =
        """
        POST /v1/messages HTTP/1.1\r
        Host: localhost\r
        Content-Type: application/json\r
        x-deltas: %d\r
        x-pace-micros: %d\r
        Content-Length: %d\r
        \r
        """
            .formatted(deltas, paceMicros, BODY.length());
    channel.write(ByteBuffer.wrap((request + BODY).getBytes(UTF_8)));
    var head = Head.read(in);
    var content = new Body(in, head.length());
    if (head.status() != 200) {
      throw new IOException(head.status() + " " + content.text());
    }
    var seen = 0;
    for (var line = content.line(); line.isPresent(); line = content.line()) {
      var now = System.nanoTime();
      if (line.get().startsWith("event: message_start")) {
        first.add(now - begin);
      }
      var at = line.get().indexOf('@');
      if (at > 0) {
        seen++;
        delays.add(now - Long.parseLong(line.get().substring(at + 1, line.get().lastIndexOf('@'))));
      }
    }
    if (seen != deltas) {
      throw new IOException(seen + " deltas came (expected: " + deltas + ")");
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
