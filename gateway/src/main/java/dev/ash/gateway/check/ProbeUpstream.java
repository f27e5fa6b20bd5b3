package dev.ash.gateway.check;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Stands behind the gateway in the provider's place and remembers what came through. A request is
 * known by the text {@code ash-probe-…} in its body, a header or its query.
 */
public final class ProbeUpstream implements AutoCloseable {
  static final Duration GAP = Duration.ofMillis(80);
  static final int DELTAS = 6;
  private static final int MAX_BODY = 64 << 20;
  private static final int KEPT = 100;

  /** A request as it arrived. */
  record Seen(
      String method, String target, Map<String, List<String>> headers, String body, String digest) {
    Optional<String> header(String name) {
      return Optional.ofNullable(headers.get(name)).map(values -> String.join(", ", values));
    }

    boolean holds(String text) {
      return body.contains(text)
          || target.contains(text)
          || headers.values().stream().flatMap(List::stream).anyMatch(v -> v.contains(text));
    }
  }

  private final HttpServer server;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("probe-", 0).factory());
  private final Deque<Seen> seen = new ArrayDeque<>();
  private final Pause pause;

  public ProbeUpstream(InetSocketAddress address, Pause pause) throws IOException {
    if (System.getProperty("sun.net.httpserver.nodelay") == null) {
      System.setProperty("sun.net.httpserver.nodelay", "true");
    }
    this.pause = pause;
    server = HttpServer.create(address, 64);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  public int port() {
    return server.getAddress().getPort();
  }

  /** The newest request that holds this text. */
  Optional<Seen> find(String text) {
    synchronized (seen) {
      return seen.stream().filter(s -> s.holds(text)).reduce((_, newer) -> newer);
    }
  }

  static String digest(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      var bytes = exchange.getRequestBody().readNBytes(MAX_BODY);
      var body = new String(bytes, UTF_8);
      remember(exchange, bytes, body);
      var request = Json.parse(body);
      var slow = request.map(r -> r.path("ash_probe_wait_ms").asLong(0)).orElse(0L);
      if (slow > 0) {
        pause.of(Duration.ofMillis(Math.min(slow, 900_000)));
      }
      if (request.filter(r -> r.path("stream").asBoolean()).isPresent()) {
        stream(exchange);
      } else if (request.filter(r -> r.has("messages")).isPresent()) {
        send(exchange, 200, MESSAGE.formatted("ash-probe"));
      } else {
        send(
            exchange,
            400,
            "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
                + "\"message\":\"messages: Field required\"}}");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * The body that {@link Probes} expects back to the byte, with an unknown field and odd numbers.
   */
  static final String MESSAGE =
      "{\"id\":\"msg_probe\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"%s\","
          + "\"content\":[{\"type\":\"text\",\"text\":\"caf\\u00e9 \\/ ok\"}],\"stop_reason\":\"end_turn\","
          + "\"stop_sequence\":null,\"usage\":{\"input_tokens\":7,\"output_tokens\":2},"
          + "\"ash_probe_unknown\":{\"big\":12345678901234567890,\"float\":1.0}}";

  private void stream(HttpExchange exchange) throws IOException, InterruptedException {
    exchange.getResponseHeaders().set("content-type", "text/event-stream; charset=utf-8");
    exchange.sendResponseHeaders(200, 0);
    var out = exchange.getResponseBody();
    write(
        exchange,
        "message_start",
        "{\"type\":\"message_start\",\"message\":" + MESSAGE.formatted("ash-probe") + "}");
    for (var i = 0; i < DELTAS; i++) {
      pause.of(GAP);
      write(
          exchange,
          "content_block_delta",
          "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\""
              + i
              + "\"}}");
    }
    write(exchange, "message_stop", "{\"type\":\"message_stop\"}");
    out.close();
  }

  private static void write(HttpExchange exchange, String event, String data) throws IOException {
    var out = exchange.getResponseBody();
    out.write(("event: " + event + "\ndata: " + data + "\n\n").getBytes(UTF_8));
    out.flush();
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    exchange.getResponseHeaders().set("content-type", "application/json");
    exchange.getResponseHeaders().set("request-id", "req_ash_probe");
    var bytes = body.getBytes(UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private void remember(HttpExchange exchange, byte[] bytes, String body) {
    var headers = new TreeMap<String, List<String>>();
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), List.copyOf(values)));
    synchronized (seen) {
      if (seen.size() == KEPT) {
        seen.removeFirst();
      }
      seen.addLast(
          new Seen(
              exchange.getRequestMethod(),
              exchange.getRequestURI().toString(),
              headers,
              body,
              digest(bytes)));
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
