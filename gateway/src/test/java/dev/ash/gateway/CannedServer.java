package dev.ash.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Answers each path as it was told to, any other with 404, and remembers who sent a credential. */
final class CannedServer implements AutoCloseable {
  private record Canned(int status, Map<String, String> headers, String body) {}

  private final HttpServer server;
  private final Map<String, Canned> answers = new ConcurrentHashMap<>();
  private final List<String> paths = new CopyOnWriteArrayList<>();
  private final List<String> withCredential = new CopyOnWriteArrayList<>();

  CannedServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            answer(exchange);
          }
        });
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  CannedServer answering(String path, int status, Map<String, String> headers, String body) {
    answers.put(path, new Canned(status, headers, body));
    return this;
  }

  CannedServer answering(String path, int status, String body) {
    return answering(path, status, Map.of(), body);
  }

  /** The paths that were asked for. */
  List<String> paths() {
    return List.copyOf(paths);
  }

  /** Those of them that came with a credential. */
  List<String> withCredential() {
    return List.copyOf(withCredential);
  }

  private void answer(HttpExchange exchange) throws IOException {
    var _ = exchange.getRequestBody().readAllBytes();
    var path = exchange.getRequestURI().getPath();
    var sent = exchange.getRequestHeaders();
    paths.add(path);
    if (sent.containsKey("authorization") || sent.containsKey("x-api-key")) {
      withCredential.add(path);
    }
    var canned = answers.getOrDefault(path, new Canned(404, Map.of(), "{}"));
    canned.headers().forEach(exchange.getResponseHeaders()::set);
    var bytes = canned.body().getBytes(UTF_8);
    var silent = bytes.length == 0 || exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(canned.status(), silent ? -1 : bytes.length);
    if (!silent) {
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
