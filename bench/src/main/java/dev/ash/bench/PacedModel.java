package dev.ash.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

/**
 * A model server that writes the time into each delta: as many, and as far apart, as the headers
 * {@code x-deltas} and {@code x-pace-micros} of a call say.
 */
final class PacedModel implements Closeable {
  private final HttpServer server;
  private final ExecutorService threads;

  private PacedModel(HttpServer server, ExecutorService threads) {
    this.server = server;
    this.threads = threads;
  }

  static PacedModel start() throws IOException {
    System.setProperty("sun.net.httpserver.nodelay", "true");
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 256);
    var threads = Executors.newVirtualThreadPerTaskExecutor();
    server.setExecutor(threads);
    server.createContext("/v1/messages", PacedModel::answer);
    server.start();
    return new PacedModel(server, threads);
  }

  InetSocketAddress address() {
    return server.getAddress();
  }

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      var deltas = Integer.parseInt(exchange.getRequestHeaders().getFirst("x-deltas"));
      var pace = Long.parseLong(exchange.getRequestHeaders().getFirst("x-pace-micros"));
      exchange.getResponseHeaders().set("content-type", "text/event-stream");
      exchange.sendResponseHeaders(200, 0);
      event(
          exchange,
          "message_start",
          "\"message\":{\"id\":\"m\",\"model\":\"claude\",\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}");
      for (var n = 0; n < deltas; n++) {
        if (pace > 0) {
          LockSupport.parkNanos(pace * 1000);
        }
        event(
            exchange,
            "content_block_delta",
            "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"@"
                + System.nanoTime()
                + "@\"}");
      }
      event(exchange, "message_delta", "\"delta\":{},\"usage\":{\"output_tokens\":" + deltas + "}");
      event(exchange, "message_stop", "\"last\":true");
    }
  }

  private static void event(HttpExchange exchange, String name, String fields) throws IOException {
    var text = "event: %s\ndata: {\"type\":\"%s\",%s}\n\n".formatted(name, name, fields);
    exchange.getResponseBody().write(text.getBytes(UTF_8));
    exchange.getResponseBody().flush();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
