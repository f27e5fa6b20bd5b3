package dev.ash.node.model;

import dev.ash.config.ModelConfig;
import dev.ash.node.credentials.SessionCredentials;
import dev.ash.node.credentials.SessionCredentials.Choice;
import dev.ash.node.model.Headers.Line;
import dev.ash.protocol.id.SessionId;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.StreamSupport;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCode;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.javadsl.AsPublisher;
import org.apache.pekko.stream.javadsl.JavaFlowSupport;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Passes one call of a sandbox on to the model server and its answer back, both as they come. */
final class Forwarding {
  private static final Logger LOG = LoggerFactory.getLogger(Forwarding.class);
  static final long MAX_BODY = 64L << 20;

  private final ActorSystem<?> system;
  private final HttpClient client;
  private final URI base;
  private final Duration callTimeout;
  private final Headers headers;
  private final SessionCredentials credentials;
  private final Counters counters;
  private final boolean keyless;

  Forwarding(
      ActorSystem<?> system,
      HttpClient client,
      ModelConfig config,
      SessionCredentials credentials,
      Counters counters) {
    this.system = system;
    this.client = client;
    this.base = config.baseUrl();
    this.callTimeout = config.callTimeout();
    this.headers = new Headers(config);
    this.credentials = credentials;
    this.counters = counters;
    this.keyless = !headers.haveCredential() && !Loopback.is(base.getHost());
  }

  CompletionStage<HttpResponse> answer(SessionId session, HttpRequest request, Presence sandbox) {
    return switch (Routes.of(request.method().value(), request.getUri().getPathString())) {
      case Routes.Route.Unknown() ->
          refuse(request, Problem.UNKNOWN_PATH, "Only the Messages API can be reached from here.");
      case Routes.Route.WrongMethod(var allowed) ->
          refuse(request, Problem.WRONG_METHOD, "Method not allowed (expected: " + allowed + ")");
      case Routes.Route.Allowed _
          when request.entity().getContentLengthOption().orElse(0) > MAX_BODY ->
          refuse(request, Problem.TOO_LARGE, tooLarge());
      case Routes.Route.Allowed(var path) ->
          credentials
              .of(session)
              .thenCompose(choice -> allowed(session, request, path, choice, sandbox));
    };
  }

  private CompletionStage<HttpResponse> allowed(
      SessionId session, HttpRequest request, String path, Choice choice, Presence sandbox) {
    return switch (choice) {
      case Choice.Unusable(var why) ->
          refuse(request, Problem.NO_CREDENTIAL, "This session has no key for the model: " + why);
      case Choice.OfNode _ when keyless ->
          refuse(
              request,
              Problem.NO_CREDENTIAL,
              "This node has no credential for the model: set ANTHROPIC_API_KEY or"
                  + " ANTHROPIC_AUTH_TOKEN on the node.");
      case Choice.OfNode _, Choice.OfSession _ -> forward(session, request, path, choice, sandbox);
    };
  }

  private CompletionStage<HttpResponse> refuse(
      HttpRequest request, Problem problem, String message) {
    counters.refused.increment();
    request.discardEntityBytes(system);
    return CompletableFuture.completedStage(problem.response(message));
  }

  private CompletionStage<HttpResponse> forward(
      SessionId session, HttpRequest request, String path, Choice choice, Presence sandbox) {
    java.net.http.HttpRequest upstream;
    try {
      upstream = upstream(request, path, choice);
    } catch (IllegalArgumentException e) {
      // A header or query the sandbox wrote that no HTTP client would send.
      return refuse(request, Problem.BAD_REQUEST, "The request has an invalid header or query.");
    }
    counters.calls.increment();
    counters.open.incrementAndGet();
    var call = client.sendAsync(upstream, BodyHandlers.ofPublisher());
    var silent = new AtomicBoolean();
    var alarm =
        system
            .scheduler()
            .scheduleOnce(
                callTimeout,
                () -> {
                  silent.set(true);
                  call.cancel(true);
                },
                system.executionContext());
    sandbox.onLeave(() -> call.cancel(true));
    return call.handle(
        (response, failure) -> {
          alarm.cancel();
          return response != null
              ? passBack(session, request, response, sandbox)
              : failed(session, failure, silent.get(), sandbox);
        });
  }

  private java.net.http.HttpRequest upstream(HttpRequest request, String path, Choice choice) {
    var query = request.getUri().rawQueryString().map(q -> "?" + q).orElse("");
    var builder = java.net.http.HttpRequest.newBuilder(URI.create(base + path + query));
    var sent =
        StreamSupport.stream(request.getHeaders().spliterator(), false)
            .map(header -> new Line(header.name(), header.value()))
            .toList();
    var type = request.entity().getContentType();
    var typeIsKnown = !type.equals(ContentTypes.NO_CONTENT_TYPE);
    headers.toUpstream(sent, typeIsKnown ? type.toString() : "", choice, builder);
    return builder.method(request.method().value(), body(request)).build();
  }

  private BodyPublisher body(HttpRequest request) {
    var entity = request.entity();
    if (entity.isKnownEmpty()) {
      return BodyPublishers.noBody();
    }
    Flow.Publisher<ByteBuffer> bytes =
        entity
            .getDataBytes()
            .map(
                chunk -> {
                  counters.requestBytes.add(chunk.size());
                  return chunk.toByteBuffer();
                })
            .runWith(JavaFlowSupport.Sink.asPublisher(AsPublisher.WITHOUT_FANOUT), system);
    var length = entity.getContentLengthOption();
    return length.isPresent()
        ? BodyPublishers.fromPublisher(bytes, length.getAsLong())
        : BodyPublishers.fromPublisher(bytes);
  }

  private HttpResponse passBack(
      SessionId session,
      HttpRequest request,
      java.net.http.HttpResponse<Flow.Publisher<List<ByteBuffer>>> response,
      Presence sandbox) {
    var body = body(session, response.body(), sandbox);
    var status = status(response.statusCode());
    var answer = HttpResponse.create().withStatus(status);
    var received =
        response.headers().map().entrySet().stream()
            .flatMap(header -> header.getValue().stream().map(v -> new Line(header.getKey(), v)));
    for (var line : headers.toSandbox(received).toList()) {
      answer = answer.addHeader(RawHeader.create(line.name(), line.value()));
    }
    if (request.method().value().equals("HEAD") || !status.allowsEntity()) {
      body.runWith(Sink.ignore(), system);
      return answer;
    }
    var type = contentType(response.headers().firstValue("content-type").orElse(""));
    var length = response.headers().firstValueAsLong("content-length");
    if (length.isEmpty()) {
      return answer.withEntity(HttpEntities.createChunked(type, body));
    }
    if (length.getAsLong() == 0) {
      body.runWith(Sink.ignore(), system);
      return answer.withEntity(HttpEntities.create(type, ByteString.emptyByteString()));
    }
    return answer.withEntity(HttpEntities.create(type, length.getAsLong(), body));
  }

  /** Runs from now on, so that its end is seen also when nobody comes to read it. */
  private Source<ByteString, NotUsed> body(
      SessionId session, Flow.Publisher<List<ByteBuffer>> body, Presence sandbox) {
    var metered =
        new MeteredBody(body, counters.responseBytes, how -> ended(session, how, sandbox));
    var running =
        JavaFlowSupport.Source.fromPublisher(metered)
            .idleTimeout(callTimeout)
            .mapConcat(buffers -> buffers.stream().map(ByteString::fromByteBuffer).toList())
            .filter(ByteString::nonEmpty)
            .viaMat(KillSwitches.single(), Keep.right())
            .preMaterialize(system);
    sandbox.onLeave(() -> running.first().abort(new IOException("the sandbox left")));
    return running.second();
  }

  private void ended(SessionId session, MeteredBody.End how, Presence sandbox) {
    counters.open.decrementAndGet();
    switch (how) {
      case WHOLE -> {}
      case BROKEN -> broken(session);
      case CANCELLED -> {
        if (sandbox.hasLeft()) {
          counters.cancelled.increment();
        } else {
          broken(session);
        }
      }
    }
  }

  private void broken(SessionId session) {
    counters.failed.increment();
    LOG.warn("The answer to a model call of session {} broke off", session.value());
  }

  private HttpResponse failed(
      SessionId session, @Nullable Throwable failure, boolean silent, Presence sandbox) {
    counters.open.decrementAndGet();
    if (sandbox.hasLeft()) {
      counters.cancelled.increment();
      return Problem.UNREACHABLE.response("The caller left.");
    }
    for (var cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof EntityStreamSizeException) {
        counters.refused.increment();
        return Problem.TOO_LARGE.response(tooLarge());
      }
    }
    counters.failed.increment();
    var why = failure instanceof CompletionException e ? e.getCause() : failure;
    // Only the kind: a message could repeat what was sent.
    LOG.warn(
        "A model call of session {} got no answer from {}: {}",
        session.value(),
        host(),
        silent ? "silence" : String.valueOf(why == null ? null : why.getClass().getSimpleName()));
    return silent
        ? Problem.SILENT.response(
            "The model server " + host() + " did not answer in " + callTimeout.toSeconds() + " s.")
        : Problem.UNREACHABLE.response("The model server " + host() + " could not be reached.");
  }

  private static StatusCode status(int code) {
    return StatusCodes.lookup(code)
        .orElseGet(() -> StatusCodes.custom(code, "Status " + code, "", code < 400, true));
  }

  private static ContentType contentType(String value) {
    try {
      return ContentTypes.parse(value);
    } catch (IllegalArgumentException e) {
      return ContentTypes.APPLICATION_OCTET_STREAM;
    }
  }

  private String host() {
    return base.getPort() < 0 ? base.getHost() : base.getHost() + ":" + base.getPort();
  }

  private static String tooLarge() {
    return "The request is larger than " + (MAX_BODY >> 20) + " MiB.";
  }
}
