package dev.ash.node.model;

import dev.ash.node.model.Forwarding.Sent;
import dev.ash.node.model.Provider.NotOfferedException;
import dev.ash.node.model.Provider.Outgoing;
import dev.ash.node.model.Provider.Received;
import dev.ash.node.telemetry.ModelAttempt.Outcome;
import dev.ash.persistence.table.ModelCall.State;
import dev.ash.persistence.table.ModelCall.Usage;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpResponse;
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

  /**
   * Answers of one that has not served the call by its own words; that it is sent again is told.
   */
  private static final Set<Integer> ASK_NEXT = Set.of(429, 502, 503, 529);

  private final ActorSystem<?> system;
  private final Ways ways;
  private final Guest guest;
  private final Sent sent;
  private final Optional<MeteredCall> metered;
  private final Presence sandbox;
  private final AnswerBack back;
  private final AtomicInteger sendings = new AtomicInteger();

  /**
   * Where it may go.
   *
   * @param order the servers that may be asked
   */
  record Ways(
      Upstreams all,
      List<Upstream> order,
      Duration callTimeout,
      Counters counters,
      Attempt.Telling telling) {}

  /**
   * Who calls, and what.
   *
   * @param metered if the call costs something
   */
  record Calling(Guest guest, Sent sent, Optional<MeteredCall> metered, Presence sandbox) {}

  ForwardedCall(ActorSystem<?> system, Ways ways, Calling calling) {
    this.system = system;
    this.ways = ways;
    this.guest = calling.guest();
    this.sent = calling.sent();
    this.metered = calling.metered();
    this.sandbox = calling.sandbox();
    this.back = new AnswerBack(system, ways, calling);
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
        .provider()
        .outgoing(sent)
        .handle(
            (outgoing, failure) ->
                failure == null ? send(index, outgoing, renew) : notSent(index, failure))
        .thenCompose(answer -> answer);
  }

  private CompletionStage<HttpResponse> notSent(int index, Throwable failure) {
    var cause = failure.getCause() == null ? failure : failure.getCause();
    return switch (cause) {
      // Nothing has failed, so nobody is told and none is asked last.
      case NotOfferedException _ when index + 1 < ways.order().size() -> attempt(index + 1, true);
      case NotOfferedException none ->
          refused(Problem.NOT_OFFERED.response(String.valueOf(none.getMessage())));
      // A header or query the sandbox wrote that no HTTP client would send.
      case IllegalArgumentException _ ->
          refused(
              Problem.BAD_REQUEST.response("The request has an invalid header, query or body."));
      default -> withoutCredential(index, cause);
    };
  }

  private CompletionStage<HttpResponse> refused(HttpResponse response) {
    ways.counters().refused.increment();
    metered.ifPresent(call -> call.end(State.FAILED));
    return CompletableFuture.completedStage(response);
  }

  private CompletionStage<HttpResponse> withoutCredential(int index, Throwable cause) {
    var upstream = ways.order().get(index);
    // Only our own words: a message of anything else could repeat a secret.
    var why =
        cause instanceof SecretSource.NoSecretException
            ? String.valueOf(cause.getMessage())
            : cause.getClass().getSimpleName();
    LOG.error("No credential for the model server {}: {}", upstream.name(), why);
    if (index + 1 < ways.order().size()) {
      ways.counters().open.incrementAndGet();
      return next(index, "it could not be given a credential", 0);
    }
    return refused(
        Problem.NO_SECRET.response(
            "The node could not read a credential or header of its own for the model server "
                + upstream.name()
                + "; its log says why."));
  }

  private CompletionStage<HttpResponse> send(int index, Outgoing outgoing, boolean renew) {
    var upstream = ways.order().get(index);
    ways.counters().calls.increment();
    ways.counters().open.incrementAndGet();
    var attempt = ways.telling().begin(guest, sent, upstream, sendings.incrementAndGet());
    var call = upstream.client().sendAsync(outgoing.request(), BodyHandlers.ofPublisher());
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
                attempt.end(sandbox.hasLeft() ? Outcome.CANCELLED : Outcome.FAILED, Usage.NONE);
                return more && neverSent(failure)
                    ? next(index, "it could not be reached", 0)
                    : CompletableFuture.completedStage(failed(upstream, failure, silent.get()));
              }
              attempt.answered(response.statusCode());
              if (renew
                  && !sandbox.hasLeft()
                  && upstream.provider().renews(response, outgoing.added())) {
                discard(response.body());
                attempt.end(Outcome.REPEATED, Usage.NONE);
                ways.counters().open.decrementAndGet();
                return attempt(index, false);
              }
              if (more && ASK_NEXT.contains(response.statusCode())) {
                discard(response.body());
                attempt.end(Outcome.REPEATED, Usage.NONE);
                return next(
                    index,
                    "status " + response.statusCode(),
                    AnswerBack.retryAfterSeconds(Received.lines(response)));
              }
              return passBack(upstream, response, attempt);
            })
        .thenCompose(answer -> answer);
  }

  private CompletionStage<HttpResponse> next(int index, String why, long seconds) {
    ways.counters().open.decrementAndGet();
    var from = ways.order().get(index);
    var to = ways.order().get(index + 1);
    if (!sent.hasOwnKey()) {
      ways.all().failed(from, seconds);
    }
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
          || cause instanceof UnresolvedAddressException
          || isTunnel(cause)) {
        return true;
      }
    }
    return false;
  }

  /** The client has no type for a proxy that opens no tunnel, only these words. */
  private static boolean isTunnel(Throwable cause) {
    return cause instanceof IOException
        && String.valueOf(cause.getMessage()).startsWith("Tunnel failed");
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

  private CompletionStage<HttpResponse> passBack(
      Upstream upstream,
      java.net.http.HttpResponse<Flow.Publisher<List<ByteBuffer>>> response,
      Attempt attempt) {
    return upstream
        .provider()
        .received(response)
        .handle(
            (received, failure) -> {
              if (received == null) {
                attempt.end(Outcome.FAILED, Usage.NONE);
                return failed(upstream, failure, false);
              }
              return back.pass(upstream, received, attempt);
            });
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
}
