package dev.ash.gateway.check;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;

/** Sends one request at a time and notes when each part of the answer came. */
public final class GatewayClient implements AutoCloseable {
  private static final int MAX_BODY = 16 << 20;
  private static final int RETRIES = 3;
  private static final Set<Integer> RETRIED = Set.of(502, 503, 504);

  /** Where and how to ask. */
  public record Target(
      URI url, String token, AuthHeader header, String model, Way way, Duration timeout) {}

  /**
   * What lies between.
   *
   * @param tls in place of the platform's authorities
   */
  public record Way(Optional<SSLContext> tls, Proxies proxies) {}

  /** A request; no token sends no credential. */
  public record Ask(
      String method,
      String path,
      Optional<String> token,
      Map<String, String> headers,
      String body) {
    public Ask {
      headers = Map.copyOf(headers);
    }
  }

  /** A line of a streamed answer, and when it was whole. */
  public record Arrival(String line, Duration at) {}

  /** What came of a request. */
  public sealed interface Reply {
    record Answered(
        int status, HttpHeaders headers, String body, List<Arrival> lines, Duration took)
        implements Reply {
      public Answered {
        lines = List.copyOf(lines);
      }

      public String header(String name) {
        return headers.firstValue(name).orElse("");
      }
    }

    /** No whole answer came. */
    record Broken(Kind kind, String why, Duration took) implements Reply {}
  }

  public enum Kind {
    NO_CONNECTION,
    TIMED_OUT,
    CUT
  }

  private final Target target;
  private final Pause pause;
  private final HttpClient http;
  private final HttpClient elsewhere;
  private final Redaction redaction;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("gateway-check").factory());

  public GatewayClient(Target target, Pause pause) {
    this.target = target;
    this.pause = pause;
    this.redaction = new Redaction(target.token());
    var builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .followRedirects(HttpClient.Redirect.NEVER)
            .proxy(target.way().proxies());
    // A stranger that a token names is shown no certificate of ours, and has to show a good one.
    elsewhere = builder.build();
    target.way().tls().ifPresent(builder::sslContext);
    http = builder.build();
  }

  public String url() {
    return target.url().toString();
  }

  Target target() {
    return target;
  }

  Redaction redaction() {
    return redaction;
  }

  Ask messages(String body) {
    return new Ask("POST", "/v1/messages", Optional.of(target.token()), headers(), body);
  }

  static Map<String, String> headers() {
    var headers = new LinkedHashMap<String, String>();
    headers.put("content-type", "application/json");
    headers.put("accept", "application/json");
    headers.put("anthropic-version", "2023-06-01");
    return headers;
  }

  /** Sends, and sends again after an answer that only says that a hop was not there. */
  Reply send(Ask ask) throws InterruptedException {
    return send(ask, target.timeout());
  }

  Reply send(Ask ask, Duration timeout) throws InterruptedException {
    for (var attempt = 1; ; attempt++) {
      var reply = once(ask, timeout);
      if (attempt > RETRIES
          || !(reply instanceof Reply.Answered answered)
          || !RETRIED.contains(answered.status())) {
        return reply;
      }
      pause.of(Duration.ofMillis(500L << attempt));
    }
  }

  Reply once(Ask ask, Duration timeout) throws InterruptedException {
    return exchange(http, request(ask, timeout), timeout);
  }

  /** Reads from another host, which gets no credential. */
  Reply fetch(URI url, Duration timeout) throws InterruptedException {
    return exchange(elsewhere, request(url).timeout(timeout).build(), timeout);
  }

  private Reply exchange(HttpClient client, HttpRequest request, Duration timeout)
      throws InterruptedException {
    var started = System.nanoTime();
    HttpResponse<InputStream> response;
    try {
      response = client.send(request, BodyHandlers.ofInputStream());
    } catch (ConnectException | java.net.http.HttpConnectTimeoutException e) {
      return new Reply.Broken(Kind.NO_CONNECTION, reason(e), since(started));
    } catch (HttpTimeoutException e) {
      return new Reply.Broken(Kind.TIMED_OUT, reason(e), since(started));
    } catch (IOException e) {
      return new Reply.Broken(
          e instanceof javax.net.ssl.SSLException ? Kind.NO_CONNECTION : Kind.CUT,
          reason(e),
          since(started));
    }
    if (response.body() == null) {
      // A proxy that makes no tunnel: the JDK gives its answer without a body.
      return new Reply.Answered(
          response.statusCode(), response.headers(), "", List.of(), since(started));
    }
    var left = timeout.minus(since(started));
    var stop =
        timer.schedule(
            () -> cut(response.body()), Math.max(1, left.toMillis()), TimeUnit.MILLISECONDS);
    try (var body = response.body()) {
      var arrivals = new ArrayList<Arrival>();
      var text = read(body, arrivals, started);
      if (since(started).compareTo(timeout) >= 0) {
        return new Reply.Broken(Kind.TIMED_OUT, "the answer did not end in time", since(started));
      }
      return new Reply.Answered(
          response.statusCode(), response.headers(), text, arrivals, since(started));
    } catch (IOException e) {
      return new Reply.Broken(
          since(started).compareTo(timeout) >= 0 ? Kind.TIMED_OUT : Kind.CUT,
          "after status " + response.statusCode() + ": " + reason(e),
          since(started));
    } finally {
      stop.cancel(false);
    }
  }

  private static void cut(InputStream body) {
    try {
      body.close();
    } catch (IOException _) {
      // Nobody reads it any more.
    }
  }

  private HttpRequest request(Ask ask, Duration timeout) {
    var request =
        request(URI.create(target.url() + ask.path()))
            .timeout(timeout)
            .method(
                ask.method(),
                ask.body().isEmpty()
                    ? BodyPublishers.noBody()
                    : BodyPublishers.ofString(ask.body()));
    ask.headers().forEach(request::header);
    var header = target.header();
    ask.token().ifPresent(token -> request.header(header.header(), header.value(token)));
    return request.build();
  }

  private HttpRequest.Builder request(URI url) {
    var request = HttpRequest.newBuilder(url);
    target
        .way()
        .proxies()
        .of(url)
        .flatMap(Proxies.Via::authorization)
        .ifPresent(value -> request.header("proxy-authorization", value));
    return request;
  }

  private static String read(InputStream body, List<Arrival> arrivals, long started)
      throws IOException {
    var all = new ByteArrayOutputStream();
    var part = new byte[8_192];
    var lineStart = 0;
    for (var n = body.read(part); n >= 0; n = body.read(part)) {
      if (all.size() + n > MAX_BODY) {
        throw new IOException("the answer is above " + MAX_BODY + " bytes");
      }
      var at = since(started);
      all.write(part, 0, n);
      var bytes = all.toByteArray();
      for (var i = bytes.length - n; i < bytes.length; i++) {
        if (bytes[i] == '\n') {
          var line = new String(bytes, lineStart, i - lineStart, UTF_8);
          arrivals.add(new Arrival(line.replaceFirst("\r$", ""), at));
          lineStart = i + 1;
        }
      }
    }
    return all.toString(UTF_8);
  }

  private String reason(IOException e) {
    var cause = e.getCause() == null ? e : e.getCause();
    var text = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    return redaction.of(text);
  }

  private static Duration since(long started) {
    return Duration.ofNanos(System.nanoTime() - started);
  }

  @Override
  public void close() {
    timer.shutdownNow();
    http.shutdownNow();
    elsewhere.shutdownNow();
  }
}
