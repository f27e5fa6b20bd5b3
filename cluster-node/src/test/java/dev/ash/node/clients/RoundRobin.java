package dev.ash.node.clients;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A balancer that knows no sessions: every request goes to the next node. Bytes pass as they are,
 * but for {@code Connection: close}, so that each connection is one request.
 */
final class RoundRobin implements AutoCloseable {
  private final ServerSocket listener;
  private final List<URI> nodes;
  private final AtomicInteger next = new AtomicInteger();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  RoundRobin(List<String> urls) throws IOException {
    this.nodes = urls.stream().map(URI::create).toList();
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    threads.execute(this::accept);
  }

  String url() {
    return "http://127.0.0.1:" + listener.getLocalPort();
  }

  /** Requests that were passed on. */
  int passed() {
    return next.get();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        var client = listener.accept();
        threads.execute(() -> pass(client));
      } catch (IOException _) {
        // closed
      }
    }
  }

  private void pass(Socket client) {
    var node = nodes.get(Math.floorMod(next.getAndIncrement(), nodes.size()));
    try (client;
        var server = new Socket(node.getHost(), node.getPort())) {
      var in = new BufferedInputStream(client.getInputStream());
      var head = head(in);
      var out = server.getOutputStream();
      out.write((head + "Connection: close\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
      out.write(in.readNBytes(length(head)));
      out.flush();
      server.getInputStream().transferTo(client.getOutputStream());
    } catch (IOException _) {
      // Whoever waits for this answer sees that it broke off.
    }
  }

  /** Up to the empty line, without the client's own word on the connection. */
  private static String head(InputStream in) throws IOException {
    var head = new StringBuilder();
    for (var line = line(in); !line.isEmpty(); line = line(in)) {
      if (!line.toLowerCase(Locale.ROOT).startsWith("connection:")) {
        head.append(line).append("\r\n");
      }
    }
    return head.toString();
  }

  private static int length(String head) {
    return head.lines()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
        .mapToInt(line -> Integer.parseInt(line.substring("content-length:".length()).strip()))
        .findFirst()
        .orElse(0);
  }

  private static String line(InputStream in) throws IOException {
    var line = new ByteArrayOutputStream();
    for (var b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("the client left");
      }
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    listener.close();
    threads.shutdownNow();
  }
}
