package dev.ash.node.api;

import static dev.ash.node.api.SessionRoutes.SESSION_ID;
import static dev.ash.node.api.json.Schema.anything;
import static dev.ash.node.api.json.Schema.bool;
import static dev.ash.node.api.json.Schema.listOf;
import static dev.ash.node.api.json.Schema.number;
import static dev.ash.node.api.json.Schema.object;
import static dev.ash.node.api.json.Schema.oneOf;
import static dev.ash.node.api.json.Schema.text;
import static dev.ash.node.api.json.Schema.whole;

import dev.ash.node.api.http.BodyRule;
import dev.ash.node.api.http.Endpoint;
import dev.ash.node.api.http.EventStreams;
import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Problems;
import dev.ash.node.api.json.JsonText;
import dev.ash.node.api.json.Schema;
import dev.ash.node.session.Sessions;
import dev.ash.node.session.Sessions.Accepted;
import dev.ash.node.session.Sessions.Follow;
import dev.ash.node.session.Sessions.Frame;
import dev.ash.node.session.Sessions.Message;
import dev.ash.node.session.Sessions.Result;
import dev.ash.node.session.Sessions.WhenBusy;
import dev.ash.node.telemetry.Metrics.StreamKind;
import dev.ash.protocol.session.Cursor;
import dev.ash.protocol.session.TurnOptions;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sending a message (S14) and following a session, both as server-sent events. */
final class MessageRoutes {
  private static final Logger LOG = LoggerFactory.getLogger(MessageRoutes.class);
  private static final long BODY_LIMIT = 52_428_800;

  private static final Schema.Fields BLOCK =
      object().required("type", oneOf("text", "image", "document"));

  private static final Schema.Fields MESSAGE =
      object()
          .required(
              "content",
              new Schema.TextOrItems(text().between(0, 500_000), listOf(BLOCK).between(0, 20)))
          .with("includePartialMessages", bool(), false)
          .with("model", text().between(0, 100))
          .with("maxTurns", whole().from(1))
          .with("maxBudgetUsd", number().from(0))
          .with("effort", oneOf("low", "medium", "high", "max"))
          .with("thinking", object().required("type", text()).with("budgetTokens", whole()))
          .with("outputFormat", object().required("type", text()).required("schema", anything()))
          .with("whenBusy", oneOf("queue", "reject", "interrupt"), "queue");

  private static final Schema.Fields FOLLOWING =
      object()
          .with("after", text())
          .with("includePartialMessages", bool(), true)
          .with("turn", text());

  private final Sessions sessions;
  private final EventStreams streams;

  MessageRoutes(Sessions sessions, EventStreams streams) {
    this.sessions = sessions;
    this.streams = streams;
  }

  List<Endpoint> endpoints() {
    return List.of(
        Endpoint.post("/api/sessions/:id/messages", MESSAGE, this::send)
            .taking(BodyRule.of(MESSAGE).upTo(BODY_LIMIT))
            .withParams(SESSION_ID)
            .withShortFaults(),
        Endpoint.get("/api/sessions/:id/stream", this::stream)
            .withParams(SESSION_ID)
            .withQuery(FOLLOWING));
  }

  private CompletionStage<HttpResponse> send(Exchange exchange) {
    return IdempotencyKey.of(exchange)
        .then(
            key ->
                sessions
                    .send(exchange.tenant(), exchange.session(), message(exchange, key))
                    .thenCompose(
                        result ->
                            switch (result) {
                              case Result.Ok<Accepted>(var accepted) -> reply(exchange, accepted);
                              case Result.Refused<Accepted>(var why) ->
                                  CompletableFuture.completedStage(Problems.of(why));
                            }));
  }

  /** The status goes out only now: the message is in the log and its frames can be had. */
  private CompletionStage<HttpResponse> reply(Exchange exchange, Accepted accepted) {
    var partials = exchange.body().path("includePartialMessages").asBoolean();
    return sessions
        .follow(
            exchange.tenant(),
            exchange.session(),
            new Follow(accepted.from(), OptionalLong.of(accepted.turn()), partials))
        .thenApply(
            Outcomes.ofSession(
                frames ->
                    numbered(
                        accepted.turn(),
                        streams.respond(
                            StreamKind.REPLY,
                            endingWithDone(frames, exchange.session().value())))));
  }

  /** Its sender can name the turn from now on, also while it waits. */
  private static HttpResponse numbered(long turn, HttpResponse reply) {
    return reply
        .addHeader(RawHeader.create(TurnNumber.HEADER, Long.toString(turn)))
        .addHeader(RawHeader.create("Access-Control-Expose-Headers", TurnNumber.HEADER));
  }

  private CompletionStage<HttpResponse> stream(Exchange exchange) {
    // A browser that comes back repeats the address and adds the header, so the header is newer.
    var after =
        exchange
            .header("last-event-id")
            .or(() -> exchange.query("after"))
            .flatMap(Cursor::parse)
            .orElse(Cursor.START);
    var partials = exchange.query().path("includePartialMessages").asBoolean();
    return TurnNumber.then(
        exchange,
        turn ->
            sessions
                .follow(exchange.tenant(), exchange.session(), new Follow(after, turn, partials))
                .thenApply(
                    Outcomes.ofSession(
                        frames ->
                            streams.respond(StreamKind.STREAM, frames.map(MessageRoutes::bytes)))));
  }

  /** A reply that cannot go on says so and ends as every reply does. */
  private static Source<ByteString, NotUsed> endingWithDone(
      Source<Frame, NotUsed> frames, String session) {
    return frames
        .map(MessageRoutes::bytes)
        .mapError(
            Throwable.class,
            thrown -> {
              LOG.warn("the reply of session {} broke off", session, thrown);
              return thrown;
            })
        .recoverWith(
            Throwable.class,
            () ->
                Source.from(
                    List.of(
                        unplaced("error", Map.of("error", "Stream interrupted")),
                        unplaced("done", Map.of("sessionId", session)))));
  }

  private static ByteString bytes(Frame frame) {
    return EventStreams.frame(Optional.of(frame.id().toString()), frame.event(), frame.data());
  }

  /** A frame that is not in the log: a reader that comes back continues before it. */
  private static ByteString unplaced(String event, Map<String, String> data) {
    return EventStreams.frame(Optional.empty(), event, JsonText.write(data));
  }

  private static Message message(Exchange exchange, Optional<String> key) {
    return new Message(
        exchange.json("content").orElseThrow(), options(exchange), whenBusy(exchange), key);
  }

  private static WhenBusy whenBusy(Exchange exchange) {
    return WhenBusy.valueOf(exchange.field("whenBusy").orElseThrow().toUpperCase(Locale.ROOT));
  }

  private static TurnOptions options(Exchange exchange) {
    var body = exchange.body();
    var turns = body.get("maxTurns");
    var budget = body.get("maxBudgetUsd");
    return new TurnOptions(
        body.path("includePartialMessages").asBoolean(),
        exchange.field("model").filter(m -> !m.isEmpty()),
        turns == null
            ? OptionalInt.empty()
            : OptionalInt.of(Math.clamp(turns.longValue(), 1, Integer.MAX_VALUE)),
        budget == null ? OptionalDouble.empty() : OptionalDouble.of(budget.doubleValue()),
        exchange.field("effort"),
        exchange.json("thinking"),
        exchange.json("outputFormat"));
  }
}
