package dev.ash.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/**
 * A server that speaks Ash's API, with the key to use there. Every call throws in a person's words.
 */
final class AshServer {
  /** Long enough for a create or resume that waits for a sandbox. */
  static final Duration ANSWER = Duration.ofMinutes(3);

  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final int JSON_LIMIT = 128 << 20;
  private static final int ERROR_LIMIT = 64 << 10;

  private final String base;
  private final Optional<String> key;
  private final HttpClient http;

  AshServer(String url, Optional<String> key) {
    this.base = checked(url);
    this.key = key.map(AshServer::checkedKey);
    var builder =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT);
    if (base.startsWith("http://")) {
      builder.sslContext(noTls());
    }
    this.http = builder.build();
  }

  String url() {
    return base;
  }

  Optional<String> key() {
    return key;
  }

  JsonNode get(String path) {
    return json(request("GET", path, ANSWER));
  }

  JsonNode get(String path, Duration answer) {
    return json(request("GET", path, answer));
  }

  JsonNode delete(String path) {
    return json(request("DELETE", path, ANSWER));
  }

  JsonNode post(String path) {
    return json(
        request("POST", path, ANSWER).method("POST", BodyPublishers.noBody()), "POST", path);
  }

  JsonNode post(String path, JsonNode body, Duration answer) {
    return json(posting(path, body, answer), "POST", path);
  }

  /** The body of a file as it is. The caller closes it. */
  InputStream bytes(String path) {
    return send(request("GET", path, ANSWER).build(), path).body();
  }

  /** The event stream that answers a message. */
  SseScanner postForStream(String path, JsonNode body) {
    var request = posting(path, body, ANSWER).header("Accept", "text/event-stream").build();
    return new SseScanner(send(request, path).body());
  }

  /** An event stream from the cursor on. */
  SseScanner stream(String path, Optional<String> cursor) {
    var request = request("GET", path, ANSWER).header("Accept", "text/event-stream");
    cursor.ifPresent(id -> request.header("Last-Event-ID", id));
    return new SseScanner(send(request.build(), path).body());
  }

  /** One segment of a path. */
  static String segment(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** A file's path, whose slashes stay. */
  static String segments(String path) {
    return Arrays.stream(path.split("/", -1))
        .map(AshServer::segment)
        .collect(Collectors.joining("/"));
  }

  private HttpRequest.Builder posting(String path, JsonNode body, Duration answer) {
    return request("POST", path, answer)
        .header("Content-Type", "application/json")
        .method("POST", BodyPublishers.ofString(Json.compact(body)));
  }

  private HttpRequest.Builder request(String method, String path, Duration answer) {
    var request =
        HttpRequest.newBuilder(URI.create(base + path))
            .timeout(answer)
            .method(method, BodyPublishers.noBody());
    // What only shows how a server is needs no key, and gets none.
    if (path.startsWith("/api/") || method.equals("POST")) {
      key.ifPresent(value -> request.header("Authorization", "Bearer " + value));
    }
    return request;
  }

  private JsonNode json(HttpRequest.Builder builder) {
    var request = builder.build();
    return json(builder, request.method(), path(request));
  }

  private JsonNode json(HttpRequest.Builder builder, String method, String path) {
    try (var body = send(builder.build(), path).body()) {
      var bytes = body.readNBytes(JSON_LIMIT);
      if (bytes.length == JSON_LIMIT) {
        throw new CliException(method + " " + path + ": the answer is too large to show");
      }
      return Json.parse(new String(bytes, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw unreachable(e);
    }
  }

  private HttpResponse<InputStream> send(HttpRequest request, String path) {
    try {
      var response = http.send(request, BodyHandlers.ofInputStream());
      if (response.statusCode() / 100 == 2) {
        return response;
      }
      try (var body = response.body()) {
        var text = new String(body.readNBytes(ERROR_LIMIT), StandardCharsets.UTF_8);
        throw new RefusedException(request.method(), path, response.statusCode(), reason(text));
      }
    } catch (IOException e) {
      throw unreachable(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliException("interrupted");
    }
  }

  private static String reason(String body) {
    var error = Json.parse(body).path("error");
    return error.isTextual() ? error.asText() : body.strip();
  }

  private CliException unreachable(IOException cause) {
    var hint =
        "Start a node here with: ./ash start\nOr name the server with: ./ash connect <url>, or ASH_SERVER_URL.";
    return switch (cause) {
      case ConnectException _ -> new CliException("nothing answers at " + base, hint, cause);
      case HttpConnectTimeoutException _ ->
          new CliException(
              base + " cannot be reached within " + CONNECT.toSeconds() + " s", hint, cause);
      case HttpTimeoutException _ ->
          new CliException(
              base + " did not answer in time", "Look at its log with: ./ash logs", cause);
      default ->
          new CliException(
              "the connection to " + base + " broke: " + cause.getMessage(),
              "Try again; look at the server's log with: ./ash logs",
              cause);
    };
  }

  private static String path(HttpRequest request) {
    var query = request.uri().getRawQuery();
    return request.uri().getRawPath() + (query == null ? "" : "?" + query);
  }

  /** The form in which server addresses are compared and saved. */
  static String checked(String url) {
    try {
      var parsed = new URI(url.strip());
      var scheme = String.valueOf(parsed.getScheme());
      if ((scheme.equals("http") || scheme.equals("https"))
          && parsed.getHost() != null
          && parsed.getRawUserInfo() == null
          && parsed.getRawQuery() == null
          && parsed.getRawFragment() == null) {
        return parsed.toString().replaceFirst("/+$", "");
      }
    } catch (URISyntaxException e) {
      throw badUrl(url);
    }
    throw badUrl(url);
  }

  private static CliException badUrl(String url) {
    return new CliException("server url: " + url + " (expected: http://host:port or https://host)");
  }

  private static String checkedKey(String key) {
    if (!key.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new CliException("api key: (expected: printable ASCII without spaces)");
    }
    return key;
  }

  /** Loading the trust store takes longer than a request, and a plain connection needs none. */
  private static SSLContext noTls() {
    try {
      var context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[0], new TrustManager[0], new SecureRandom());
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no TLS in this JDK", e);
    }
  }
}
