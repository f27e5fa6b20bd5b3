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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;

/** An Ash server of prepared answers. */
final class FakeAsh implements AutoCloseable {
  private final HttpServer http;
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();

  /** What is left of answers that are held is sent when this is zero. */
  private final CountDownLatch released = new CountDownLatch(1);

  private record Answer(int status, String body, Held held) {}

  /** What of an answer waits for its release. */
  private enum Held {
    NOTHING,
    BUT_THE_FIRST_LINE,
    ALL
  }

  /** The turn that every message becomes. */
  static final long TURN = 7;

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
    answers.put(request, new Answer(status, body, Held.NOTHING));
    return this;
  }

  /** An answer whose head and first line come at once, and the rest with {@link #release}. */
  FakeAsh hold(String request, int status, String body) {
    answers.put(request, new Answer(status, body, Held.BUT_THE_FIRST_LINE));
    return this;
  }

  /** An answer of which not even the head comes before {@link #release}. */
  FakeAsh holdAll(String request, int status, String body) {
    answers.put(request, new Answer(status, body, Held.ALL));
    return this;
  }

  void release() {
    released.countDown();
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
      var answer =
          answers.getOrDefault(
              request, new Answer(404, "{\"error\":\"not prepared\"}", Held.NOTHING));
      if (answer.held() == Held.ALL) {
        released.await();
      }
      if (request.endsWith("/messages")) {
        exchange.getResponseHeaders().set("X-Ash-Turn", Long.toString(TURN));
      }
      exchange.sendResponseHeaders(answer.status(), 0);
      var isHeld = answer.held() == Held.BUT_THE_FIRST_LINE;
      var begin = isHeld ? answer.body().indexOf('\n') + 1 : answer.body().length();
      var out = exchange.getResponseBody();
      out.write(answer.body().substring(0, begin).getBytes(StandardCharsets.UTF_8));
      out.flush();
      if (isHeld) {
        released.await();
      }
      out.write(answer.body().substring(begin).getBytes(StandardCharsets.UTF_8));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    release();
    http.stop(0);
  }
}
