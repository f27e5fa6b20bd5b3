package dev.ash.node.model;

import dev.ash.node.model.Forwarding.Sent;
import dev.ash.node.model.Headers.Line;
import dev.ash.persistence.table.ModelCall.State;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCode;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.javadsl.JavaFlowSupport;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call on its way: sent to the first server that takes it, to the next one while nobody has
 * begun to answer, and its answer passed back as it comes. What a server may have worked on is
 * never sent again from here: it might be paid twice.
 */
final class ForwardedCall {
  private static final Logger LOG = LoggerFactory.getLogger(ForwardedCall.class);

  /** Answers that cost nothing and that another server may not give. */
  private static final Set<Integer> ASK_NEXT = Set.of(429, 500, 502, 503, 504, 529);

  private static final Set<Integer> SLOW_DOWN = Set.of(429, 529);

  private final ActorSystem<?> system;
  private final Ways ways;
  private final Guest guest;
  private final Sent sent;
  private final Optional<MeteredCall> metered;
  private final Presence sandbox;

  /**
   * Where it may go.
   *
   * @param order the servers that may be asked
   */
  record Ways(Upstreams all, List<Upstream> order, Duration callTimeout, Counters counters) {}

  ForwardedCall(
      ActorSystem<?> system,
      Ways ways,
      Guest guest,
      Sent sent,
      Optional<MeteredCall> metered,
      Presence sandbox) {
    this.system = system;
    this.ways = ways;
    this.guest = guest;
    this.sent = sent;
    this.metered = metered;
    this.sandbox = sandbox;
  }

  CompletionStage<HttpResponse> run() {
    return attempt(0, true);
  }

  /**
   * @param renew whether a credential that is refused is to be got anew, once
   */
  private CompletionStage<HttpResponse> attempt(int index, boolean renew) {
    return ways.order()
        .get(index)
        .added(sent.key())
        .handle(
            (added, failure) ->
                failure == null ? attempt(index, added, renew) : withoutCredential(index, failure))
        .thenCompose(answer -> answer);
  }

  private CompletionStage<HttpResponse> withoutCredential(int index, Throwable failure) {
    var upstream = ways.order().get(index);
    // Only our own words: a message of anything else could repeat a secret.
    var cause = failure.getCause() == null ? failure : failure.getCause();
    var why =
        cause instanceof SecretSource.NoSecretException
            ? String.valueOf(cause.getMessage())
            : cause.getClass().getSimpleName();
    LOG.error("No credential for the model server {}: {}", upstream.name(), why);
    ways.counters().open.incrementAndGet();
    if (index + 1 < ways.order().size()) {
      return next(index, "it could not be given a credential", 0);
    }
    ways.counters().open.decrementAndGet();
    ways.counters().refused.increment();
    metered.ifPresent(call -> call.end(State.FAILED));
    return CompletableFuture.completedStage(
        Problem.NO_SECRET.response(
            "The node could not read a credential or header of its own for the model server "
                + upstream.name()
                + "; its log says why."));
  }

  private CompletionStage<HttpResponse> attempt(int index, Headers.Added added, boolean renew) {
    var upstream = ways.order().get(index);
    java.net.http.HttpRequest request;
    try {
      request = request(upstream, added);
    } catch (IllegalArgumentException e) {
      // A header or query the sandbox wrote that no HTTP client would send.
      ways.counters().refused.increment();
      metered.ifPresent(call -> call.end(State.FAILED));
      return CompletableFuture.completedStage(
          Problem.BAD_REQUEST.response("The request has an invalid header or query."));
    }
    ways.counters().calls.increment();
    ways.counters().open.incrementAndGet();
    var call = upstream.client().sendAsync(request, BodyHandlers.ofPublisher());
    var silent = new AtomicBoolean();
    var alarm =
        system
            .scheduler()
            .scheduleOnce(
                ways.callTimeout(),
                () -> {
                  silent.set(true);
                  call.cancel(true);
                },
                system.executionContext());
    sandbox.onLeave(() -> call.cancel(true));
    return call.handle(
            (response, failure) -> {
              alarm.cancel();
              var more = index + 1 < ways.order().size() && !sandbox.hasLeft();
              if (response == null) {
                return more && neverSent(failure)
                    ? next(index, "it could not be reached", 0)
                    : CompletableFuture.completedStage(failed(upstream, failure, silent.get()));
              }
              if (response.statusCode() == 401
                  && renew
                  && !sandbox.hasLeft()
                  && upstream.refused(added)) {
                discard(response.body());
                ways.counters().open.decrementAndGet();
                return attempt(index, false);
              }
              if (more && ASK_NEXT.contains(response.statusCode())) {
                discard(response.body());
                return next(index, "status " + response.statusCode(), retryAfterSeconds(response));
              }
              return CompletableFuture.completedStage(passBack(upstream, response));
            })
        .thenCompose(answer -> answer);
  }

  private CompletionStage<HttpResponse> next(int index, String why, long seconds) {
    ways.counters().open.decrementAndGet();
    var from = ways.order().get(index);
    var to = ways.order().get(index + 1);
    ways.all().failed(from, seconds);
    LOG.warn(
        "A model call of session {} goes to {} instead of {}: {}",
        guest.account().session().value(),
        to.name(),
        from.name(),
        why);
    guest.tell(
        "model_failover",
        Json.object()
            .put("from", from.name())
            .put("to", to.name())
            .put("reason", why)
            .put("model", sent.body().model()));
    return attempt(index + 1, true);
  }

  private static boolean neverSent(@Nullable Throwable failure) {
    for (var cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ConnectException
          || cause instanceof HttpConnectTimeoutException
          || cause instanceof UnresolvedAddressException) {
        return true;
      }
    }
    return false;
  }

  private static long retryAfterSeconds(java.net.http.HttpResponse<?> response) {
    var text = response.headers().firstValue("retry-after").orElse("");
    return text.matches("[0-9]{1,6}") ? Long.parseLong(text) : 0;
  }

  private static void discard(Flow.Publisher<List<ByteBuffer>> body) {
    body.subscribe(
        new Flow.Subscriber<>() {
          @Override
          public void onSubscribe(Flow.Subscription subscription) {
            subscription.cancel();
          }

          @Override
          public void onNext(List<ByteBuffer> item) {}

          @Override
          public void onError(Throwable failure) {}

          @Override
          public void onComplete() {}
        });
  }

  private java.net.http.HttpRequest request(Upstream upstream, Headers.Added added) {
    var builder =
        java.net.http.HttpRequest.newBuilder(URI.create(upstream.base() + sent.pathAndQuery()));
    upstream.headers().toUpstream(sent.headers(), sent.type(), sent.key(), added, builder);
    var bytes = sent.body().bytes();
    return builder
        .method(
            sent.method(),
            bytes.isEmpty()
                ? BodyPublishers.noBody()
                : BodyPublishers.ofByteArray(bytes.toArrayUnsafe()))
        .build();
  }

  private HttpResponse passBack(
      Upstream upstream, java.net.http.HttpResponse<Flow.Publisher<List<ByteBuffer>>> response) {
    var code = response.statusCode();
    var typeName = response.headers().firstValue("content-type").orElse("");
    metered.ifPresent(call -> call.answered(upstream.name(), code, isStream(typeName)));
    if (code >= 400) {
      metered.ifPresent(call -> call.end(State.FAILED));
    }
    if (SLOW_DOWN.contains(code)) {
      slowedDown(upstream, code, response);
    } else if (code < 500) {
      ways.all().succeeded(upstream);
    }
    var body = body(response.body());
    var status = status(code);
    var answer = HttpResponse.create().withStatus(status);
    var received =
        response.headers().map().entrySet().stream()
            .flatMap(header -> header.getValue().stream().map(v -> new Line(header.getKey(), v)));
    for (var line : upstream.headers().toSandbox(received).toList()) {
      answer = answer.addHeader(RawHeader.create(line.name(), line.value()));
    }
    if (sent.method().equals("HEAD") || !status.allowsEntity()) {
      body.runWith(Sink.ignore(), system);
      return answer;
    }
    var type = contentType(typeName);
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

  private static boolean isStream(String type) {
    return type.regionMatches(true, 0, "text/event-stream", 0, "text/event-stream".length());
  }

  private void slowedDown(Upstream upstream, int code, java.net.http.HttpResponse<?> response) {
    var seconds = retryAfterSeconds(response);
    ways.all().failed(upstream, seconds);
    var data =
        Json.object()
            .put("status", code)
            .put("upstream", upstream.name())
            .put("model", sent.body().model());
    if (seconds > 0) {
      data.put("retryAfterSeconds", seconds);
    }
    guest.tell("rate_limited", data);
  }

  /** Runs from now on, so that its end is seen also when nobody comes to read it. */
  private Source<ByteString, NotUsed> body(Flow.Publisher<List<ByteBuffer>> body) {
    var counted =
        new MeteredBody(
            body,
            buffers -> {
              buffers.forEach(b -> ways.counters().responseBytes.add(b.remaining()));
              metered.ifPresent(call -> call.pass(buffers));
            },
            this::ended);
    var running =
        JavaFlowSupport.Source.fromPublisher(counted)
            .idleTimeout(ways.callTimeout())
            .mapConcat(buffers -> buffers.stream().map(ByteString::fromByteBuffer).toList())
            .filter(ByteString::nonEmpty)
            .mapAsync(1, this::whenReadable)
            .viaMat(KillSwitches.single(), Keep.right())
            .preMaterialize(system);
    sandbox.onLeave(() -> running.first().abort(new IOException("the sandbox left")));
    return running.second();
  }

  private CompletionStage<ByteString> whenReadable(ByteString chunk) {
    return metered
        .map(call -> call.readable().thenApply(_ -> chunk))
        .orElseGet(() -> CompletableFuture.completedStage(chunk));
  }

  private void ended(MeteredBody.End how) {
    ways.counters().open.decrementAndGet();
    // One that was seen to its end, or failed, has been settled so.
    metered.ifPresent(call -> call.end(State.CUT));
    switch (how) {
      case WHOLE -> {}
      case BROKEN -> broken();
      case CANCELLED -> {
        if (sandbox.hasLeft()) {
          ways.counters().cancelled.increment();
        } else {
          broken();
        }
      }
    }
  }

  private void broken() {
    ways.counters().failed.increment();
    LOG.warn(
        "The answer to a model call of session {} broke off", guest.account().session().value());
  }

  private HttpResponse failed(Upstream upstream, @Nullable Throwable failure, boolean silent) {
    ways.counters().open.decrementAndGet();
    if (sandbox.hasLeft()) {
      metered.ifPresent(call -> call.end(State.CUT));
      ways.counters().cancelled.increment();
      return Problem.UNREACHABLE.response("The caller left.");
    }
    metered.ifPresent(call -> call.end(State.FAILED));
    ways.counters().failed.increment();
    var why =
        failure instanceof java.util.concurrent.CompletionException e ? e.getCause() : failure;
    // Only the kind: a message could repeat what was sent.
    LOG.warn(
        "A model call of session {} got no answer from {}: {}",
        guest.account().session().value(),
        upstream.host(),
        silent ? "silence" : String.valueOf(why == null ? null : why.getClass().getSimpleName()));
    return silent
        ? Problem.SILENT.response(
            "The model server %s did not answer in %d s."
                .formatted(upstream.host(), ways.callTimeout().toSeconds()))
        : Problem.UNREACHABLE.response(
            "The model server " + upstream.host() + " could not be reached.");
  }

  private static StatusCode status(int code) {
    return StatusCodes.lookup(code)
        .orElseGet(() -> StatusCodes.custom(code, "Status " + code, "", code < 400, true));
  }

  private static ContentType contentType(String value) {
    try {
      return ContentTypes.parse(value);
    } catch (IllegalArgumentException | NoSuchElementException e) {
      return ContentTypes.APPLICATION_OCTET_STREAM;
    }
  }
}
