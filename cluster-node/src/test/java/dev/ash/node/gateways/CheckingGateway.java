package dev.ash.node.gateways;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * A gateway that asks the identity provider about the token of each call, so that one which expired
 * or was revoked a moment ago is refused. It gives the model the provider's key instead.
 */
final class CheckingGateway implements AutoCloseable {
  private static final String BEARER = "Bearer ";
  private static final Set<String> HOP =
      Set.of("authorization", "host", "content-length", "connection", "transfer-encoding");

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ConcurrentLinkedDeque<String> accepted = new ConcurrentLinkedDeque<>();
  private final AtomicInteger refused = new AtomicInteger();
  private final Predicate<String> active;
  private final String model;
  private final String providerKey;
  private final HttpServer server;

  CheckingGateway(Predicate<String> active, String model, String providerKey) throws IOException {
    this.active = active;
    this.model = model;
    this.providerKey = providerKey;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** The tokens of the calls that were let through, oldest first, each as often as it came. */
  List<String> accepted() {
    return List.copyOf(accepted);
  }

  long tokens() {
    return accepted.stream().distinct().count();
  }

  int refused() {
    return refused.get();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      var body = exchange.getRequestBody().readAllBytes();
      var header = exchange.getRequestHeaders().getFirst("Authorization");
      var token = header != null && header.startsWith(BEARER) ? header.substring(7) : "";
      if (token.isEmpty() || !active.test(token)) {
        refused.incrementAndGet();
        var text =
            "{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\"message\":\"Token is not active\"}}"
                .getBytes(UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(401, text.length);
        exchange.getResponseBody().write(text);
        return;
      }
      accepted.add(token);
      forward(exchange, body);
    }
  }

  private void forward(HttpExchange exchange, byte[] body) throws IOException {
    var request = HttpRequest.newBuilder(URI.create(model + exchange.getRequestURI()));
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> {
              if (!HOP.contains(name.toLowerCase(java.util.Locale.ROOT))) {
                values.forEach(value -> request.header(name, value));
              }
            });
    request
        .header("x-api-key", providerKey)
        .method(exchange.getRequestMethod(), BodyPublishers.ofByteArray(body));
    try {
      var answer = http.send(request.build(), BodyHandlers.ofInputStream());
      try (var in = answer.body()) {
        answer
            .headers()
            .firstValue("content-type")
            .ifPresent(type -> exchange.getResponseHeaders().add("Content-Type", type));
        var head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(answer.statusCode(), head ? -1 : 0);
        if (!head) {
          var out = exchange.getResponseBody();
          var buffer = new byte[8192];
          for (var read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            out.write(buffer, 0, read);
            out.flush();
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    http.shutdownNow();
    threads.shutdownNow();
  }
}
