package dev.ash.gateway.server;

import dev.ash.gateway.config.GatewayConfig.Timeouts;
import dev.ash.gateway.config.GatewayConfig.Upstream;
import dev.ash.gateway.tls.Pem;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpURI;

/**
 * Sends a call to the first upstream that takes it. Another one is tried only when the one before
 * certainly did not do the work: no connection, or an answer that says so before its body.
 */
final class Relay implements AutoCloseable {
  /** Bad gateway, unavailable, overloaded: not served, so not paid. */
  private static final Set<Integer> NOT_SERVED = Set.of(502, 503, 529);

  private record Line(
      Upstream upstream, HttpClient client, Breaker breaker, Optional<VertexCalls> vertex) {}

  /** What is asked for upstream: a path, and the query as the client wrote it. */
  static String target(String path, HttpURI asked) {
    return path + (asked.getQuery() == null ? "" : "?" + asked.getQuery());
  }

  /** A target can be sent on: Jetty takes some queries that are no part of a URI. */
  static boolean isTarget(String target) {
    try {
      return new URI(target).getRawPath() != null;
    } catch (URISyntaxException _) {
      return false;
    }
  }

  /** A call as it goes upstream. */
  record Call(String method, String target, HttpFields headers, ByteBuffer body) {}

  /** What came of it. */
  sealed interface Outcome {
    record Answered(String upstream, URI url, HttpResponse<InputStream> response)
        implements Outcome {}

    /** The upstream said no, in its words or, where they are in another form, in ours. */
    record Refused(String upstream, URI url, HttpHeaders headers, Refusal refusal)
        implements Outcome {}

    record Failed(int status, String message) implements Outcome {}

    /** Every upstream is being spared. */
    record Spared() implements Outcome {}
  }

  private final Map<String, Line> lines = new LinkedHashMap<>();
  private final HeaderPolicy policy;
  private final Timeouts timeouts;
  private final GatewayMetrics metrics;
  private final InstantSource clock;
  private final ExecutorService threads;

  Relay(
      List<Upstream> upstreams,
      HeaderPolicy policy,
      Timeouts timeouts,
      GatewayMetrics metrics,
      InstantSource clock,
      ExecutorService threads)
      throws IOException, GeneralSecurityException {
    this.policy = policy;
    this.timeouts = timeouts;
    this.metrics = metrics;
    this.clock = clock;
    this.threads = threads;
    for (var upstream : upstreams) {
      var client =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .followRedirects(HttpClient.Redirect.NEVER)
              .connectTimeout(timeouts.connect())
              .executor(threads);
      if (upstream.authorities().isPresent() || upstream.identity().isPresent()) {
        client.sslContext(Pem.client(upstream.authorities(), upstream.identity()));
      }
      lines.put(
          upstream.name(),
          new Line(
              upstream,
              client.build(),
              new Breaker(),
              upstream.vertex().map(vertex -> new VertexCalls(vertex, upstream.url()))));
    }
  }

  Outcome send(Call call, List<String> upstreams) throws InterruptedException {
    Optional<Outcome> tried = Optional.empty();
    Optional<Outcome> notOffered = Optional.empty();
    var spared = false;
    for (var name : upstreams) {
      var line = lines.get(name);
      if (line == null) {
        continue;
      }
      Optional<VertexCalls.Sent> sent = Optional.empty();
      try {
        if (line.vertex().isPresent()) {
          sent = Optional.of(line.vertex().get().sent(call));
        }
      } catch (VertexCalls.NotOfferedException e) {
        // It says nothing of the upstream, and another one may have it.
        notOffered = Optional.of(new Outcome.Failed(e.status(), String.valueOf(e.getMessage())));
        continue;
      }
      if (!line.breaker().admits(clock.instant())) {
        spared = true;
        continue;
      }
      tried.ifPresent(Relay::discard);
      var last = attempt(call, line, sent);
      if (!goesOn(last)) {
        return last;
      }
      tried = Optional.of(last);
    }
    // What one of them said weighs more than that another does not have the model.
    return tried.orElse(spared ? new Outcome.Spared() : notOffered.orElseGet(Outcome.Spared::new));
  }

  private static boolean goesOn(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Answered answered -> NOT_SERVED.contains(answered.response().statusCode());
      case Outcome.Refused refused -> NOT_SERVED.contains(refused.refusal().status());
      // After 504 it may be at work, and be paid.
      case Outcome.Failed failed -> failed.status() != 504;
      case Outcome.Spared _ -> true;
    };
  }

  /**
   * Tries one.
   *
   * @param sent the call as Vertex has it, where it is that
   */
  private Outcome attempt(Call call, Line line, Optional<VertexCalls.Sent> sent)
      throws InterruptedException {
    var started = clock.instant();
    var name = line.upstream().name();
    try {
      var response = sent.isPresent() ? vertex(call, line, sent.get()) : plain(call, line);
      metrics.upstream(name, seconds(started));
      judge(line, sent.isPresent() ? VertexErrors.status(response) : response.statusCode());
      if (response.statusCode() >= 300 && response.statusCode() < 400) {
        response.body().close();
        return new Outcome.Failed(502, "Upstream answered with a redirect");
      }
      var url = response.uri();
      return sent.isPresent() && response.statusCode() >= 400
          ? new Outcome.Refused(name, url, response.headers(), VertexErrors.read(response, threads))
          : new Outcome.Answered(name, url, response);
    } catch (VertexCalls.NoTokenException e) {
      return failed(line, started, 502, String.valueOf(e.getMessage()));
    } catch (java.net.http.HttpConnectTimeoutException | java.net.ConnectException e) {
      return failed(line, started, 502, "Cannot connect to the upstream");
    } catch (HttpTimeoutException e) {
      return failed(line, started, 504, "The upstream did not answer in time");
    } catch (IOException e) {
      // A connection that broke after the request was sent may have done its work.
      return failed(line, started, 504, "The upstream broke the connection");
    }
  }

  private HttpResponse<InputStream> plain(Call call, Line line)
      throws IOException, InterruptedException {
    var url = URI.create(line.upstream().url() + call.target());
    var body =
        call.body().hasRemaining()
            ? BodyPublishers.ofByteArray(call.body().array())
            : BodyPublishers.noBody();
    var headers = policy.upstream(call.headers(), line.upstream());
    return line.client()
        .send(request(call.method(), url, body, headers), BodyHandlers.ofInputStream());
  }

  /** A token that is refused is got anew once. */
  private HttpResponse<InputStream> vertex(Call call, Line line, VertexCalls.Sent sent)
      throws IOException, InterruptedException {
    var vertex = line.vertex().orElseThrow();
    var body = BodyPublishers.ofByteArray(sent.body().array());
    var all = policy.upstream(call.headers(), line.upstream());
    for (var again = false; ; again = true) {
      var token = vertex.token();
      var headers = vertex.headers(all, line.upstream(), token);
      var response =
          line.client()
              .send(request("POST", sent.url(), body, headers), BodyHandlers.ofInputStream());
      if (response.statusCode() != 401 || again || !vertex.renews(token)) {
        return response;
      }
      response.body().close();
    }
  }

  private HttpRequest request(
      String method, URI url, BodyPublisher body, List<HeaderPolicy.Header> headers) {
    var request = HttpRequest.newBuilder(url).timeout(timeouts.firstByte()).method(method, body);
    headers.forEach(h -> request.header(h.name(), h.value()));
    return request.build();
  }

  private void judge(Line line, int status) {
    if (status >= 500) {
      metrics.upstreamFailed(line.upstream().name());
      line.breaker().failed(clock.instant());
    } else {
      line.breaker().succeeded();
    }
    metrics.spares(line.upstream().name(), line.breaker().spares());
  }

  private Outcome failed(Line line, Instant started, int status, String message) {
    metrics.upstream(line.upstream().name(), seconds(started));
    metrics.upstreamFailed(line.upstream().name());
    line.breaker().failed(clock.instant());
    metrics.spares(line.upstream().name(), line.breaker().spares());
    return new Outcome.Failed(status, message);
  }

  private double seconds(Instant since) {
    return java.time.Duration.between(since, clock.instant()).toMillis() / 1000.0;
  }

  private static void discard(Outcome outcome) {
    if (outcome instanceof Outcome.Answered answered) {
      try {
        answered.response().body().close();
      } catch (IOException _) {
        // Nobody wants it.
      }
    }
  }

  @Override
  public void close() {
    lines.values().forEach(line -> line.client().shutdownNow());
  }
}
