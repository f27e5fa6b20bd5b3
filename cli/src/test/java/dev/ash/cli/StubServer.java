package dev.ash.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** A server that gives prepared answers and remembers what it was asked. */
final class StubServer implements AutoCloseable {
  private final HttpServer http;
  private final Map<String, Queue<Answer>> answers = new ConcurrentHashMap<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();

  StubServer() {
    try {
      http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.createContext("/", this::answer);
    http.start();
  }

  /** One request as it came. */
  record Request(
      String method,
      String path,
      Optional<String> authorization,
      Optional<String> lastEventId,
      Optional<String> ifMatch,
      Optional<String> ifNoneMatch,
      String body) {
    JsonNode json() {
      return Json.parse(body);
    }
  }

  private record Answer(int status, List<String> parts, boolean torn, Optional<String> etag) {
    Answer(int status, List<String> parts, boolean torn) {
      this(status, parts, torn, Optional.empty());
    }
  }

  /** Answers for one method and path, in turn; the last one is repeated. */
  StubServer on(String request, int status, String body) {
    return add(request, new Answer(status, List.of(body), false));
  }

  /** An answer with a tag. */
  StubServer tagged(String request, int status, String body, String etag) {
    return add(request, new Answer(status, List.of(body), false, Optional.of(etag)));
  }

  /** An event stream in these parts. */
  StubServer stream(String request, String... parts) {
    return add(request, new Answer(200, List.of(parts), false));
  }

  /** An event stream whose connection breaks after these parts. */
  StubServer tornStream(String request, String... parts) {
    return add(request, new Answer(200, List.of(parts), true));
  }

  private StubServer add(String request, Answer answer) {
    answers.computeIfAbsent(request, _ -> new ArrayDeque<>()).add(answer);
    return this;
  }

  String url() {
    return "http://127.0.0.1:" + http.getAddress().getPort();
  }

  List<Request> requests() {
    return requests;
  }

  Request only() {
    if (requests.size() != 1) {
      throw new AssertionError("requests: " + requests);
    }
    return requests.getFirst();
  }

  private synchronized Optional<Answer> next(String request) {
    var queue = answers.get(request);
    if (queue == null) {
      return Optional.empty();
    }
    return Optional.ofNullable(queue.size() > 1 ? queue.poll() : queue.peek());
  }

  private void answer(HttpExchange exchange) throws IOException {
    var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    var request =
        new Request(
            exchange.getRequestMethod(),
            exchange.getRequestURI().toString(),
            Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization")),
            Optional.ofNullable(exchange.getRequestHeaders().getFirst("Last-Event-ID")),
            Optional.ofNullable(exchange.getRequestHeaders().getFirst("If-Match")),
            Optional.ofNullable(exchange.getRequestHeaders().getFirst("If-None-Match")),
            body);
    requests.add(request);
    var answer =
        next(request.method() + " " + request.path())
            .orElse(new Answer(404, List.of("{\"error\":\"no answer prepared\"}"), false));
    answer.etag().ifPresent(tag -> exchange.getResponseHeaders().set("ETag", tag));
    exchange.sendResponseHeaders(answer.status(), 0);
    for (var part : answer.parts()) {
      if (request.lastEventId().filter(id -> isSeen(part, id)).isPresent()) {
        continue;
      }
      exchange.getResponseBody().write(part.getBytes(StandardCharsets.UTF_8));
      exchange.getResponseBody().flush();
    }
    if (answer.torn()) {
      // Ending the thread without the last chunk makes the server drop the connection.
      throw new IOException("torn on purpose");
    }
    exchange.close();
  }

  /** A part with an id is left out for a reader who has seen it; ids here are one digit each. */
  private static boolean isSeen(String part, String lastEventId) {
    return part.startsWith("id: ")
        && part.substring(4, part.indexOf('\n')).compareTo(lastEventId) <= 0;
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
