package dev.ash.node.model;

import dev.ash.node.credentials.SessionCredentials;
import dev.ash.node.credentials.SessionCredentials.Choice;
import dev.ash.node.model.CallBody.InvalidBodyException;
import dev.ash.node.model.Headers.Line;
import dev.ash.persistence.table.ModelCall.State;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.util.ByteString;
import org.apache.pekko.util.ByteStringBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a call of a sandbox: reads it, has it admitted by its budgets, and passes it on. The
 * request is read before it is sent, so that it can be sent to another server; the answer passes as
 * it comes.
 */
final class Forwarding {
  private static final Logger LOG = LoggerFactory.getLogger(Forwarding.class);
  static final long MAX_BODY = 64L << 20;
  private static final long LEAST_ROOM = 3 * MAX_BODY;
  private static final String HELD_RETRY_SECONDS = "5";

  private final ActorSystem<?> system;
  private final Upstreams upstreams;
  private final Meter meter;
  private final SessionCredentials credentials;
  private final Duration callTimeout;
  private final Counters counters;
  private final Attempt.Telling telling;
  private final BodyRoom room =
      new BodyRoom(Math.max(LEAST_ROOM, Runtime.getRuntime().maxMemory() / 4));

  Forwarding(
      ActorSystem<?> system,
      Upstreams upstreams,
      Meter meter,
      SessionCredentials credentials,
      Duration callTimeout,
      Counters counters,
      Attempt.Telling telling) {
    this.system = system;
    this.upstreams = upstreams;
    this.meter = meter;
    this.credentials = credentials;
    this.callTimeout = callTimeout;
    this.counters = counters;
    this.telling = telling;
  }

  /**
   * A call as the sandbox sent it, read to its end.
   *
   * @param path without the query
   * @param key whose key it goes out with
   */
  record Sent(
      String method,
      String path,
      String query,
      List<Line> headers,
      String type,
      CallBody body,
      Choice key) {
    String pathAndQuery() {
      return path + query;
    }

    /** Whether what comes of it says something of a key that the session brought, not of ours. */
    boolean hasOwnKey() {
      return key instanceof Choice.OfSession;
    }
  }

  CompletionStage<HttpResponse> answer(Guest guest, HttpRequest request, Presence sandbox) {
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
              .of(guest.account().session())
              .thenCompose(key -> read(guest, request, path, key, sandbox))
              .exceptionally(Forwarding::unexpected);
    };
  }

  private static HttpResponse unexpected(Throwable failure) {
    LOG.error("A model call failed inside the node", failure);
    return Problem.BROKEN.response("The node failed at this call; its log says why.");
  }

  private CompletionStage<HttpResponse> refuse(
      HttpRequest request, Problem problem, String message) {
    request.discardEntityBytes(system);
    return CompletableFuture.completedStage(refused(problem, message));
  }

  private HttpResponse refused(Problem problem, String message) {
    counters.refused.increment();
    return problem.response(message);
  }

  private CompletionStage<HttpResponse> read(
      Guest guest, HttpRequest request, String path, Choice key, Presence sandbox) {
    if (key instanceof Choice.Unusable(var why)) {
      return refuse(
          request, Problem.NO_CREDENTIAL, "This session has no key for the model: " + why);
    }
    var share = room.share();
    return request
        .entity()
        .getDataBytes()
        .runFold(
            new ByteStringBuilder(),
            (all, chunk) -> {
              share.take(chunk.size());
              return all.append(chunk);
            },
            system)
        .handle(
            (all, failure) -> {
              if (failure != null) {
                share.close();
                return CompletableFuture.<HttpResponse>completedFuture(unread(failure));
              }
              counters.requestBytes.add(all.length());
              return admit(guest, request, path, key, all.result(), sandbox)
                  .whenComplete((_, _) -> share.close());
            })
        .thenCompose(answer -> answer);
  }

  private HttpResponse unread(Throwable failure) {
    for (var cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof EntityStreamSizeException) {
        return refused(Problem.TOO_LARGE, tooLarge());
      }
      if (cause instanceof BodyRoom.FullException) {
        return refused(Problem.FULL, "The node holds too many large requests; try again.");
      }
    }
    return refused(Problem.BAD_REQUEST, "The request broke off.");
  }

  private CompletionStage<HttpResponse> admit(
      Guest guest,
      HttpRequest request,
      String path,
      Choice key,
      ByteString bytes,
      Presence sandbox) {
    var type = request.entity().getContentType();
    var headers =
        StreamSupport.stream(request.getHeaders().spliterator(), false)
            .map(header -> new Line(header.name(), header.value()))
            .toList();
    CallBody body;
    try {
      body = bytes.isEmpty() ? new CallBody(bytes, "unknown", 0) : CallBody.of(bytes);
    } catch (InvalidBodyException e) {
      return CompletableFuture.completedStage(
          refused(Problem.BAD_REQUEST, String.valueOf(e.getMessage())));
    }
    if (!bytes.isEmpty() && !upstreams.allow(body.model())) {
      return CompletableFuture.completedStage(
          refused(
              Problem.NO_SUCH_MODEL,
              "model: " + body.model() + " is none of those this node may call."));
    }
    var sent =
        new Sent(
            request.method().value(),
            path,
            request.getUri().rawQueryString().map(q -> "?" + q).orElse(""),
            headers,
            type.equals(ContentTypes.NO_CONTENT_TYPE) ? "" : type.toString(),
            body,
            key);
    var candidates = upstreams.route(body.model(), headers);
    var usable = candidates.stream().filter(upstream -> upstream.provider().serves(key)).toList();
    if (usable.isEmpty()) {
      return CompletableFuture.completedStage(
          refused(
              Problem.NO_CREDENTIAL,
              key instanceof Choice.OfSession
                  ? "This session's own key is for Anthropic's interface, and this node has no"
                      + " such model server for it."
                  : "This node has no credential for the model: set ANTHROPIC_API_KEY or"
                      + " ANTHROPIC_AUTH_TOKEN on the node."));
    }
    var names = usable.stream().map(upstream -> upstream.provider().called(body.model())).toList();
    if (!bytes.isEmpty() && !names.stream().allMatch(upstreams::allow)) {
      return CompletableFuture.completedStage(
          refused(
              Problem.NO_SUCH_MODEL,
              "model: %s is called %s there, which is none of those this node may call."
                  .formatted(body.model(), names)));
    }
    if (!path.equals("/v1/messages")) {
      return forward(guest, sent, usable, Optional.empty(), sandbox);
    }
    return meter
        .open(guest, body, usable.getFirst().name(), names)
        .handle(
            (outcome, failure) ->
                failure != null
                    ? uncounted(failure)
                    : admitted(guest, sent, usable, outcome, sandbox))
        .thenCompose(answer -> answer);
  }

  private CompletionStage<HttpResponse> uncounted(Throwable failure) {
    LOG.error("A model call was not made: the ledger could not be written", failure);
    return CompletableFuture.completedStage(
        refused(Problem.FULL, "The node cannot record what the call costs; try again."));
  }

  private CompletionStage<HttpResponse> admitted(
      Guest guest, Sent sent, List<Upstream> usable, Meter.Outcome outcome, Presence sandbox) {
    return switch (outcome) {
      case Meter.Outcome.Made(var call) -> {
        if (sandbox.hasLeft()) {
          call.end(State.CUT);
          yield CompletableFuture.completedStage(Problem.UNREACHABLE.response("The caller left."));
        }
        call.sent();
        yield forward(guest, sent, usable, Optional.of(call), sandbox);
      }
      case Meter.Outcome.Forbidden forbidden -> {
        guest.tellOnce("budget_exceeded", forbidden.key(), forbidden.json());
        var response =
            refused(
                forbidden.later() ? Problem.BUDGET_HELD : Problem.OVER_BUDGET, forbidden.message());
        yield CompletableFuture.completedStage(
            forbidden.later()
                ? response.addHeader(
                    org.apache.pekko.http.javadsl.model.headers.RawHeader.create(
                        "retry-after", HELD_RETRY_SECONDS))
                // The agent would ask again and again what it cannot get.
                : response.addHeader(
                    org.apache.pekko.http.javadsl.model.headers.RawHeader.create(
                        "x-should-retry", "false")));
      }
    };
  }

  private CompletionStage<HttpResponse> forward(
      Guest guest,
      Sent sent,
      List<Upstream> usable,
      Optional<MeteredCall> metered,
      Presence sandbox) {
    return new ForwardedCall(
            system,
            new ForwardedCall.Ways(upstreams, usable, callTimeout, counters, telling),
            new ForwardedCall.Calling(guest, sent, metered, sandbox))
        .run();
  }

  static String tooLarge() {
    return "The request is larger than " + (MAX_BODY >> 20) + " MiB.";
  }
}
