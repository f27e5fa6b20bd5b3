package dev.ash.client.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.ash.client.AshException;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/**
 * Makes calls to one server and makes them again where {@link RetryPolicy} says so. Blocks the
 * calling thread; many threads may use it at once. Every failure is an {@link AshException}.
 */
public final class Connection implements AutoCloseable {
  private static final int JSON_LIMIT = 128 << 20;
  private static final int ERROR_LIMIT = 64 << 10;
  private static final int PRECONDITION_FAILED = 412;
  private static final Pattern TURN = Pattern.compile("[1-9][0-9]{0,17}");

  private final Target target;
  private final RetryPolicy retries;
  private final Pause pause;
  private final RandomGenerator random;
  private final HttpClient http;

  public Connection(Target target, RetryPolicy retries, Pause pause, RandomGenerator random) {
    this.target = target;
    this.retries = retries;
    this.pause = pause;
    this.random = random;
    var builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(target.connect());
    if (target.url().startsWith("http://")) {
      builder.sslContext(noTls());
    }
    this.http = builder.build();
  }

  public Target target() {
    return target;
  }

  /** The JSON of the answer, or a missing node where the answer has no body (204). */
  public JsonNode json(Call call) {
    return answer(call).json();
  }

  /** The same with the tag of what is shown. */
  public Answer answer(Call call) {
    return again(call, this::read);
  }

  /** The body as it comes. */
  public Download download(Call call) {
    return again(
        call,
        once -> {
          var response = exchange(once, Optional.empty(), target.pause());
          var headers = response.headers();
          return new Download(
              response.body(),
              headers.firstValue("Content-Type"),
              headers.firstValueAsLong("Content-Length"),
              headers.firstValue("X-Ash-Source"));
        });
  }

  /**
   * An event stream; again only while it has not begun.
   *
   * @param longestSilence how long it may say nothing, heartbeats included
   */
  public Events events(Call call, Duration longestSilence) {
    return again(call, once -> eventsOnce(once, longestSilence));
  }

  /** An event stream for a caller who has a patience of its own. */
  public Events eventsOnce(Call call, Duration longestSilence) {
    var response = exchange(call, Optional.of("text/event-stream"), longestSilence);
    var turn = response.headers().firstValue("X-Ash-Turn").filter(TURN.asMatchPredicate());
    return new Events(
        new SseScanner(response.body()),
        turn.map(Long::parseLong).map(OptionalLong::of).orElseGet(OptionalLong::empty));
  }

  /** Waits about so long: not all clients of a server that went away shall come back at once. */
  public void waitAbout(Duration duration) {
    pause.of(RetryPolicy.jittered(duration, random));
  }

  private <T> T again(Call call, Function<Call, T> make) {
    for (int made = 1; ; made++) {
      try {
        return make.apply(call);
      } catch (AshException failure) {
        var wait = retries.pause(failure, call.isRepeatable(), made, random);
        if (wait.isEmpty()) {
          throw failure;
        }
        pause.of(wait.get());
      }
    }
  }

  private Answer read(Call call) {
    var response = exchange(call, Optional.empty(), target.pause());
    try (var body = response.body()) {
      var bytes = body.readNBytes(JSON_LIMIT);
      if (bytes.length == JSON_LIMIT) {
        throw new AshException.BadAnswer(
            call.method() + " " + call.path() + ": the answer is too large to show");
      }
      return new Answer(
          Json.parse(new String(bytes, StandardCharsets.UTF_8)).orElseGet(MissingNode::getInstance),
          response.headers().firstValue("ETag"));
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private HttpResponse<InputStream> exchange(
      Call call, Optional<String> accept, Duration longestPause) {
    var request = request(call);
    accept.ifPresent(type -> request.header("Accept", type));
    try {
      var response = http.send(request.build(), _ -> new BodyStream(longestPause));
      if (response.statusCode() / 100 == 2) {
        return response;
      }
      try (var body = response.body()) {
        var text = new String(body.readNBytes(ERROR_LIMIT), StandardCharsets.UTF_8);
        throw refused(call, response, text);
      }
    } catch (IOException e) {
      throw failure(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AshException.Interrupted();
    }
  }

  private static AshException.Refused refused(Call call, HttpResponse<?> response, String text) {
    var error = said(text, "error").orElseGet(text::strip);
    var detail = said(text, "message");
    return response.statusCode() == PRECONDITION_FAILED
        ? new AshException.Stale(
            call.method(), call.path(), error, detail, response.headers().firstValue("ETag"))
        : new AshException.Refused(
            call.method(), call.path(), response.statusCode(), error, detail, retryAfter(response));
  }

  private HttpRequest.Builder request(Call call) {
    var request =
        HttpRequest.newBuilder(URI.create(target.url() + call.path()))
            .timeout(call.answer().orElse(target.answer()))
            .method(
                call.method(), call.body().map(Body::publisher).orElse(BodyPublishers.noBody()));
    if (call.body().isPresent()) {
      request.header("Content-Type", "application/json");
    }
    call.idempotencyKey().ifPresent(key -> request.header("Idempotency-Key", key));
    call.onlyIf()
        .ifPresent(
            condition -> {
              switch (condition) {
                case OnlyIf.Unchanged(var etag) -> request.header("If-Match", etag);
                case OnlyIf.Absent() -> request.header("If-None-Match", "*");
              }
            });
    call.lastEventId().ifPresent(id -> request.header("Last-Event-ID", id));
    // What only shows how a server is needs no key, and gets none.
    if (call.path().startsWith("/api/") || !call.method().equals("GET")) {
      target.key().ifPresent(value -> request.header("Authorization", "Bearer " + value));
    }
    return request;
  }

  private static Optional<String> said(String body, String field) {
    return Json.parse(body)
        .map(answer -> answer.path(field))
        .filter(JsonNode::isTextual)
        .map(JsonNode::asText);
  }

  /** Seconds; the form with a date is not used by any server of this API. */
  private static Optional<Duration> retryAfter(HttpResponse<?> response) {
    return response
        .headers()
        .firstValue("Retry-After")
        .map(String::strip)
        .filter(text -> text.matches("\\d{1,9}"))
        .map(text -> Duration.ofSeconds(Long.parseLong(text)));
  }

  /** What went wrong on the way, in the words for a caller. */
  public AshException failure(IOException cause) {
    var url = target.url();
    return switch (cause) {
      case ConnectException _ -> new AshException.Unreachable("nothing answers at " + url, cause);
      case HttpConnectTimeoutException _ ->
          new AshException.Unreachable(
              url + " cannot be reached within " + target.connect().toSeconds() + " s", cause);
      case HttpTimeoutException _ ->
          new AshException.TimedOut(url + " did not answer in time", cause);
      case InterruptedIOException _ -> new AshException.Interrupted();
      default ->
          new AshException.Broken(
              "the connection to " + url + " broke: " + cause.getMessage(), cause);
    };
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

  /** Ends what still runs. */
  @Override
  public void close() {
    http.shutdownNow();
  }
}
