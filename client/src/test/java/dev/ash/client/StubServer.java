package dev.ash.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.ash.protocol.json.Json;
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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;

/** A server that gives prepared answers and remembers what it was asked. */
final class StubServer implements AutoCloseable {
  private final HttpServer http;
  private final Map<String, Queue<Answer>> answers = new ConcurrentHashMap<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final Set<String> silent = ConcurrentHashMap.newKeySet();
  private final CountDownLatch closed = new CountDownLatch(1);

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
      Optional<String> idempotencyKey,
      Optional<String> ifMatch,
      Optional<String> ifNoneMatch,
      String body) {
    JsonNode json() {
      return Json.parse(body).orElseThrow();
    }
  }

  private record Answer(
      int status,
      List<String> parts,
      boolean torn,
      Optional<String> retryAfter,
      Optional<String> etag,
      Optional<String> turn) {
    Answer(int status, List<String> parts, boolean torn, Optional<String> retryAfter) {
      this(status, parts, torn, retryAfter, Optional.empty(), Optional.empty());
    }
  }

  /** Answers for one method and path, in turn; the last one is repeated. */
  StubServer on(String request, int status, String body) {
    return add(request, new Answer(status, List.of(body), false, Optional.empty()));
  }

  /** An answer with a tag. */
  StubServer tagged(String request, int status, String body, String etag) {
    return add(
        request,
        new Answer(
            status, List.of(body), false, Optional.empty(), Optional.of(etag), Optional.empty()));
  }

  /** No answer for now. */
  StubServer busy(String request, int status, String retryAfter) {
    return add(
        request,
        new Answer(status, List.of("{\"error\":\"busy\"}"), false, Optional.of(retryAfter)));
  }

  /** An event stream in these parts. */
  StubServer stream(String request, String... parts) {
    return add(request, new Answer(200, List.of(parts), false, Optional.empty()));
  }

  /** The stream of a turn whose number is told. */
  StubServer turn(String request, String number, String... parts) {
    return add(
        request,
        new Answer(
            200, List.of(parts), false, Optional.empty(), Optional.empty(), Optional.of(number)));
  }

  /** An event stream whose connection breaks after these parts. */
  StubServer tornStream(String request, String... parts) {
    return add(request, new Answer(200, List.of(parts), true, Optional.empty()));
  }

  /** What falls silent after these parts and does not end. */
  StubServer silentStream(String request, String... parts) {
    silent.add(request);
    return stream(request, parts);
  }

  /** No body. */
  StubServer empty(String request, int status) {
    return add(request, new Answer(status, List.of(), false, Optional.empty()));
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
            Optional.ofNullable(exchange.getRequestHeaders().getFirst("Idempotency-Key")),
            Optional.ofNullable(exchange.getRequestHeaders().getFirst("If-Match")),
            Optional.ofNullable(exchange.getRequestHeaders().getFirst("If-None-Match")),
            body);
    requests.add(request);
    var answer =
        next(request.method() + " " + request.path())
            .orElse(
                new Answer(
                    404, List.of("{\"error\":\"no answer prepared\"}"), false, Optional.empty()));
    answer.retryAfter().ifPresent(s -> exchange.getResponseHeaders().set("Retry-After", s));
    answer.etag().ifPresent(tag -> exchange.getResponseHeaders().set("ETag", tag));
    answer.turn().ifPresent(turn -> exchange.getResponseHeaders().set("X-Ash-Turn", turn));
    if (answer.parts().isEmpty()) {
      if (answer.torn()) {
        throw new IOException("torn on purpose");
      }
      exchange.sendResponseHeaders(answer.status(), -1);
      exchange.close();
      return;
    }
    exchange.sendResponseHeaders(answer.status(), 0);
    for (var part : answer.parts()) {
      if (request.lastEventId().filter(id -> isSeen(part, id)).isPresent()) {
        continue;
      }
      exchange.getResponseBody().write(part.getBytes(StandardCharsets.UTF_8));
      exchange.getResponseBody().flush();
    }
    if (silent.contains(request.method() + " " + request.path())) {
      try {
        closed.await();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
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
    closed.countDown();
    http.stop(0);
  }
}
