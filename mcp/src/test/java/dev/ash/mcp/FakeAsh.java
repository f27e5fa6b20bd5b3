package dev.ash.mcp;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** An Ash server of prepared answers. */
final class FakeAsh implements AutoCloseable {
  private final HttpServer http;
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();

  private record Answer(int status, String body) {}

  FakeAsh() {
    try {
      http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.createContext("/", this::answer);
    http.start();
  }

  FakeAsh on(String request, int status, String body) {
    answers.put(request, new Answer(status, body));
    return this;
  }

  String url() {
    return "http://127.0.0.1:" + http.getAddress().getPort();
  }

  /** Method, path and body of each. */
  List<String> requests() {
    return requests;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      var request = exchange.getRequestMethod() + " " + exchange.getRequestURI();
      requests.add((request + " " + body).strip());
      var answer = answers.getOrDefault(request, new Answer(404, "{\"error\":\"not prepared\"}"));
      exchange.sendResponseHeaders(answer.status(), 0);
      exchange.getResponseBody().write(answer.body().getBytes(StandardCharsets.UTF_8));
    }
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
