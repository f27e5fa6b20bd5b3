package dev.ash.node.model;

import dev.ash.node.model.ForwardedCall.Calling;
import dev.ash.node.model.ForwardedCall.Ways;
import dev.ash.node.model.Forwarding.Sent;
import dev.ash.node.model.Headers.Line;
import dev.ash.node.model.Provider.Received;
import dev.ash.node.telemetry.ModelAttempt.Outcome;
import dev.ash.persistence.table.ModelCall.State;
import dev.ash.persistence.table.ModelCall.Usage;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A server's answer on its way into the sandbox: metered as it passes, and settled at its end. */
final class AnswerBack {
  private static final Logger LOG = LoggerFactory.getLogger(AnswerBack.class);
  private static final Set<Integer> SLOW_DOWN = Set.of(429, 529);
  private static final int SERVER_ERROR = 500;

  private final ActorSystem<?> system;
  private final Ways ways;
  private final Guest guest;
  private final Sent sent;
  private final Optional<MeteredCall> metered;
  private final Presence sandbox;

  AnswerBack(ActorSystem<?> system, Ways ways, Calling calling) {
    this.system = system;
    this.ways = ways;
    this.guest = calling.guest();
    this.sent = calling.sent();
    this.metered = calling.metered();
    this.sandbox = calling.sandbox();
  }

  HttpResponse pass(Upstream upstream, Received received, Attempt attempt) {
    var code = received.status();
    metered.ifPresent(call -> call.answered(upstream.name(), received));
    if (code >= 400) {
      metered.ifPresent(call -> call.end(State.FAILED));
    }
    judge(upstream, received);
    var body = body(received.body(), attempt);
    var status = status(code);
    var answer = HttpResponse.create().withStatus(status);
    for (var line : upstream.headers().toSandbox(received.headers().stream()).toList()) {
      answer = answer.addHeader(RawHeader.create(line.name(), line.value()));
    }
    if (sent.method().equals("HEAD") || !status.allowsEntity()) {
      body.runWith(Sink.ignore(), system);
      return answer;
    }
    var type = contentType(received.type());
    var length = received.length();
    if (length.isEmpty()) {
      return answer.withEntity(HttpEntities.createChunked(type, body));
    }
    if (length.getAsLong() == 0) {
      body.runWith(Sink.ignore(), system);
      return answer.withEntity(HttpEntities.create(type, ByteString.emptyByteString()));
    }
    return answer.withEntity(HttpEntities.create(type, length.getAsLong(), body));
  }

  /**
   * What the answer says of the server. With a key of the session's own it says something of that
   * key: no tenant sends the others' calls elsewhere.
   */
  private void judge(Upstream upstream, Received received) {
    var code = received.status();
    if (SLOW_DOWN.contains(code)) {
      slowedDown(upstream, received);
    }
    if (sent.hasOwnKey()) {
      return;
    }
    if (SLOW_DOWN.contains(code) || code == SERVER_ERROR) {
      // After 500 it may be paid, so it is not sent again here; the agent's next one goes
      // elsewhere.
      ways.all().failed(upstream, retryAfterSeconds(received.headers()));
    } else if (code < SERVER_ERROR) {
      ways.all().succeeded(upstream);
    }
  }

  /** What {@code retry-after} says in seconds; 0 if it says nothing or a date. */
  static long retryAfterSeconds(List<Line> headers) {
    return headers.stream()
        .filter(line -> line.key().equals("retry-after"))
        .map(Line::value)
        .findFirst()
        .filter(text -> text.matches("[0-9]{1,6}"))
        .map(Long::parseLong)
        .orElse(0L);
  }

  private void slowedDown(Upstream upstream, Received received) {
    var seconds = retryAfterSeconds(received.headers());
    var data =
        Json.object()
            .put("status", received.status())
            .put("upstream", upstream.name())
            .put("model", sent.body().model());
    if (seconds > 0) {
      data.put("retryAfterSeconds", seconds);
    }
    guest.tell("rate_limited", data);
  }

  /** Runs from now on, so that its end is seen also when nobody comes to read it. */
  private Source<ByteString, NotUsed> body(Flow.Publisher<List<ByteBuffer>> body, Attempt attempt) {
    var counted =
        new MeteredBody(
            body,
            buffers -> {
              buffers.forEach(b -> ways.counters().responseBytes.add(b.remaining()));
              metered.ifPresent(call -> call.pass(buffers));
            },
            how -> ended(how, attempt));
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

  private void ended(MeteredBody.End how, Attempt attempt) {
    attempt.end(
        switch (how) {
          case WHOLE -> Outcome.ANSWERED;
          case BROKEN -> Outcome.FAILED;
          case CANCELLED -> sandbox.hasLeft() ? Outcome.CANCELLED : Outcome.FAILED;
        },
        metered.map(MeteredCall::usage).orElse(Usage.NONE));
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
