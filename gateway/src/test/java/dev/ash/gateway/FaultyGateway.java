package dev.ash.gateway;

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
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A small gateway that does one thing wrong. */
final class FaultyGateway implements AutoCloseable {
  static final String TOKEN = "gateway-canary-0123456789";
  private static final Set<String> DROPPED =
      Set.of("host", "content-length", "connection", "upgrade", "expect", "http2-settings");

  enum Fault {
    NONE,
    OTHER_PATH_ONLY,
    METHOD_NOT_ALLOWED,
    REDIRECTS,
    EVERYTHING_599,
    STRIPS_VERSION,
    STRIPS_BETA,
    STRIPS_UNKNOWN_HEADERS,
    DROPS_QUERY,
    WRAPS_BODY,
    RENAMES_CONTENT,
    NUMBERS_AS_TEXT,
    NOT_JSON,
    REWRITES_REQUEST,
    ACCEPTS_ANY_TOKEN,
    BAD_TOKEN_IS_500,
    SUCCESS_IS_201,
    ERRORS_ARE_200,
    ERRORS_LOSE_THEIR_BODY,
    BUFFERS_STREAM,
    STREAM_AS_JSON_TYPE,
    STREAM_ONLY_WITH_ACCEPT,
    STREAM_WITHOUT_EVENT_NAMES,
    STREAM_CUT,
    REFUSES_GOOD_TOKEN,
    LEAKS_TOKEN_UPSTREAM,
    LEAKS_TOKEN_BACK,
    FORWARDS_BEFORE_CHECK,
    SHORT_TIMEOUT,
    /** No fault: what the templates for AWS, API Management and Apigee make. */
    TAKES_X_API_KEY_ONLY
  }

  private final HttpServer server;
  private final String upstream;
  private final Fault fault;
  private final HttpClient http = HttpClient.newHttpClient();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  FaultyGateway(String upstream, Fault fault) throws IOException {
    this.upstream = upstream;
    this.fault = fault;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            answer(exchange);
          } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
          }
        });
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException, InterruptedException {
    var body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
    switch (fault) {
      case OTHER_PATH_ONLY -> {
        send(exchange, 404, "application/json", "{\"message\":\"no Route matched\"}");
        return;
      }
      case METHOD_NOT_ALLOWED -> {
        send(exchange, 405, "text/plain", "Method Not Allowed");
        return;
      }
      case REDIRECTS -> {
        exchange.getResponseHeaders().set("location", "https://login.example.com/");
        send(exchange, 302, "text/html", "");
        return;
      }
      case EVERYTHING_599 -> {
        send(exchange, 599, "text/plain", "oops");
        return;
      }
      default -> {}
    }
    var sent = exchange.getRequestHeaders();
    var known =
        fault == Fault.TAKES_X_API_KEY_ONLY
            ? TOKEN.equals(sent.getFirst("x-api-key"))
            : ("Bearer " + TOKEN).equals(sent.getFirst("authorization"));
    if (fault == Fault.FORWARDS_BEFORE_CHECK) {
      var _ = forward(exchange, body);
    }
    if ((!known && fault != Fault.ACCEPTS_ANY_TOKEN) || fault == Fault.REFUSES_GOOD_TOKEN) {
      send(
          exchange,
          fault == Fault.BAD_TOKEN_IS_500 ? 500 : 401,
          "application/json",
          "{\"error\":\"no\"}");
      return;
    }
    var response = forward(exchange, body);
    if (response == null) {
      send(exchange, 504, "text/html", "<h1>Gateway Timeout</h1>");
      return;
    }
    var type = response.headers().firstValue("content-type").orElse("");
    if (type.startsWith("text/event-stream")) {
      stream(exchange, response.body());
      return;
    }
    whole(exchange, response.statusCode(), type, new String(response.body().readAllBytes(), UTF_8));
  }

  private void whole(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    var code = status;
    var body = text;
    switch (fault) {
      case WRAPS_BODY -> body = "{\"data\":" + text + "}";
      case RENAMES_CONTENT -> body = text.replace("\"content\"", "\"contents\"");
      case NUMBERS_AS_TEXT -> body = text.replaceAll("(_tokens\":)(\\d+)", "$1\"$2\"");
      case NOT_JSON -> body = "<html>" + text + "</html>";
      case SUCCESS_IS_201 -> code = status == 200 ? 201 : status;
      case ERRORS_ARE_200 -> code = 200;
      case ERRORS_LOSE_THEIR_BODY -> body = status >= 400 ? "Bad Request" : text;
      case LEAKS_TOKEN_BACK -> exchange.getResponseHeaders().set("x-debug-auth", TOKEN);
      default -> {}
    }
    send(exchange, code, type, body);
  }

  private void stream(HttpExchange exchange, java.io.InputStream body) throws IOException {
    if (fault == Fault.STREAM_ONLY_WITH_ACCEPT
        && !String.valueOf(exchange.getRequestHeaders().getFirst("accept")).contains("event")) {
      send(exchange, 200, "application/json", "{}");
      return;
    }
    exchange
        .getResponseHeaders()
        .set(
            "content-type",
            fault == Fault.STREAM_AS_JSON_TYPE ? "application/json" : "text/event-stream");
    if (fault == Fault.BUFFERS_STREAM) {
      var all = body.readAllBytes();
      exchange.sendResponseHeaders(200, all.length);
      exchange.getResponseBody().write(all);
      return;
    }
    exchange.sendResponseHeaders(200, 0);
    var out = exchange.getResponseBody();
    var lines = new java.io.BufferedReader(new java.io.InputStreamReader(body, UTF_8));
    for (var line = lines.readLine(); line != null; line = lines.readLine()) {
      if (fault == Fault.STREAM_CUT && line.contains("message_delta")) {
        return;
      }
      if (fault != Fault.STREAM_WITHOUT_EVENT_NAMES || !line.startsWith("event:")) {
        out.write((line + "\n").getBytes(UTF_8));
        out.flush();
      }
    }
  }

  private java.net.http.@org.jspecify.annotations.Nullable HttpResponse<java.io.InputStream>
      forward(HttpExchange exchange, String body) throws IOException, InterruptedException {
    var uri = exchange.getRequestURI();
    var target = fault == Fault.DROPS_QUERY ? uri.getPath() : uri.toString();
    var request =
        HttpRequest.newBuilder(URI.create(upstream + target))
            .method(
                exchange.getRequestMethod(),
                BodyPublishers.ofString(
                    fault == Fault.REWRITES_REQUEST ? body.replace(" ,", ",") : body));
    if (fault == Fault.SHORT_TIMEOUT) {
      request.timeout(Duration.ofMillis(500));
    }
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> {
              if (passes(name.toLowerCase(Locale.ROOT))) {
                values.forEach(value -> request.header(name, value));
              }
            });
    request.header("x-api-key", Rig.PROVIDER_KEY);
    try {
      return http.send(request.build(), BodyHandlers.ofInputStream());
    } catch (java.net.http.HttpTimeoutException _) {
      return null;
    }
  }

  private boolean passes(String name) {
    if (DROPPED.contains(name)) {
      return false;
    }
    return switch (name) {
      case "authorization" -> fault == Fault.LEAKS_TOKEN_UPSTREAM;
      case "x-api-key" -> false;
      case "anthropic-version" -> fault != Fault.STRIPS_VERSION;
      case "anthropic-beta" -> fault != Fault.STRIPS_BETA;
      case "anthropic-ash-unknown" -> fault != Fault.STRIPS_UNKNOWN_HEADERS;
      default -> true;
    };
  }

  private static void send(HttpExchange exchange, int status, String type, String body)
      throws IOException {
    exchange.getResponseHeaders().set("content-type", type);
    var bytes = body.getBytes(UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    if (bytes.length > 0) {
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    http.shutdownNow();
    threads.shutdownNow();
  }
}
