package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A real HTTP proxy: makes tunnels, and passes plain requests on, one a connection. Every name is
 * this machine's, so it also proves that its clients leave names to it.
 */
final class SmallProxy implements AutoCloseable {
  private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<String> heads = new CopyOnWriteArrayList<>();
  private final String wanted;

  /**
   * @param wanted the {@code Proxy-Authorization} without which it passes nothing on; empty for
   *     none
   */
  SmallProxy(String wanted) throws IOException {
    this.wanted = wanted;
    var _ = threads.submit(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  /** What clients said to it, without what went through tunnels. */
  List<String> heads() {
    return List.copyOf(heads);
  }

  private Object accept() throws IOException {
    while (true) {
      var client = server.accept();
      var _ = threads.submit(() -> serve(client));
    }
  }

  private Object serve(Socket client) throws IOException {
    try (client) {
      var head = head(client.getInputStream());
      if (!head.isEmpty()) {
        heads.add(head);
      }
      if (!wanted.isEmpty()
          && !head.matches("(?is).*\r\nproxy-authorization: " + wanted + "\r.*")) {
        write(
            client,
            "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic"
                + " realm=\"p\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return head;
      }
      var target = head.split(" ", 3)[1];
      var url = URI.create(head.startsWith("CONNECT ") ? "tunnel://" + target : target);
      try (var upstream = new Socket(InetAddress.getLoopbackAddress(), url.getPort())) {
        if (head.startsWith("CONNECT ")) {
          write(client, "HTTP/1.1 200 OK\r\n\r\n");
        } else {
          write(
              upstream,
              head.replaceFirst("http://[^/ ]+", "")
                  .replaceAll("(?i)\r\nProxy-[^\r]*", "")
                  .replaceAll("(?i)\r\nConnection:[^\r]*", "")
                  .replaceFirst("\r\n\r\n$", "\r\nConnection: close\r\n\r\n"));
        }
        var _ =
            threads.submit(() -> client.getInputStream().transferTo(upstream.getOutputStream()));
        upstream.getInputStream().transferTo(client.getOutputStream());
      }
      return head;
    }
  }

  private static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
  }

  private static String head(InputStream in) throws IOException {
    var head = new ByteArrayOutputStream();
    for (var b = in.read(); b >= 0; b = in.read()) {
      head.write(b);
      if (b == '\n' && head.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
        break;
      }
    }
    return head.toString(ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    server.close();
    threads.shutdownNow();
  }
}
