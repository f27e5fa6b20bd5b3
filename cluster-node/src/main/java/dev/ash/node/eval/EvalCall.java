package dev.ash.node.eval;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.session.Sessions;
import dev.ash.node.session.Sessions.Accepted;
import dev.ash.node.session.Sessions.Follow;
import dev.ash.node.session.Sessions.Frame;
import dev.ash.node.session.Sessions.Message;
import dev.ash.node.session.Sessions.MessageRow;
import dev.ash.node.session.Sessions.NewSession;
import dev.ash.node.session.Sessions.Result;
import dev.ash.node.session.Sessions.Session;
import dev.ash.node.session.Sessions.WhenBusy;
import dev.ash.persistence.table.EvalWork.Claimed;
import dev.ash.persistence.table.EvalWork.Ending;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.json.Json;
import dev.ash.protocol.session.Rejection;
import dev.ash.protocol.session.SessionSettings;
import dev.ash.protocol.session.TurnOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Sink;

/**
 * Asks one case of a run. Session and message have keys made of run and result: made again, by
 * whichever node, it leads to the same session and the same turn. Blocks.
 */
final class EvalCall {
  private static final Duration ANSWER = Duration.ofMinutes(3);
  private static final Duration TURN = Duration.ofMinutes(30);

  private final Sessions sessions;
  private final Materializer materializer;

  /** What came of it. */
  sealed interface Came {}

  /** The case is over. */
  record Answered(Ending ending) implements Came {}

  /** Something was missing that may be there later. */
  record NotNow(String why) implements Came {}

  /**
   * What a turn has shown so far.
   *
   * @param said the agent's last text: the answer of a turn that ends without a result
   */
  private record Shown(
      Optional<String> result, Optional<String> said, Optional<String> error, boolean done) {
    static final Shown NOTHING =
        new Shown(Optional.empty(), Optional.empty(), Optional.empty(), false);

    Optional<String> answer() {
      return result.or(() -> said);
    }

    Shown with(Frame frame) {
      return switch (frame.event()) {
        case "turn_complete" ->
            new Shown(text(frame, "result").or(() -> result), said, error, done);
        case "error" -> new Shown(result, said, error.or(() -> text(frame, "error")), done);
        case "message" ->
            failed(frame)
                ? new Shown(result, said, error.or(() -> why(frame)), done)
                : new Shown(result, spoken(frame).or(() -> said), error, done);
        case "done" -> new Shown(result, said, error, true);
        default -> this;
      };
    }

    private static Optional<String> text(Frame frame, String name) {
      return Json.parse(frame.data())
          .map(json -> json.path(name))
          .filter(JsonNode::isTextual)
          .map(JsonNode::textValue);
    }

    /** The text of what an agent says; nothing for what it does. */
    private static Optional<String> spoken(Frame frame) {
      if (!frame.data().contains("\"assistant\"")) {
        return Optional.empty();
      }
      return Json.parse(frame.data())
          .filter(json -> json.path("type").asText().equals("assistant"))
          .map(
              json ->
                  json.at("/message/content")
                      .valueStream()
                      .filter(block -> block.path("type").asText().equals("text"))
                      .map(block -> block.path("text").asText())
                      .collect(Collectors.joining()))
          .filter(text -> !text.isBlank());
    }

    private static boolean failed(Frame frame) {
      return frame.data().contains("\"is_error\"")
          && Json.parse(frame.data())
              .filter(json -> json.path("type").asText().equals("result"))
              .filter(json -> json.path("is_error").asBoolean())
              .isPresent();
    }

    private static Optional<String> why(Frame frame) {
      return text(frame, "result").filter(t -> !t.isEmpty()).or(() -> text(frame, "subtype"));
    }
  }

  EvalCall(Sessions sessions, Materializer materializer) {
    this.sessions = sessions;
    this.materializer = materializer;
  }

  Came make(Claimed claimed) throws InterruptedException {
    try {
      return switch (create(claimed)) {
        case Result.Ok<Session>(var session) -> ask(claimed, session.id());
        case Result.Refused<Session>(var why) -> refused(why);
      };
    } catch (ExecutionException e) {
      // The stream of a turn that takes too long; what else is asked times out below.
      return e.getCause() instanceof TimeoutException
          ? failed("The agent did not finish within %d minutes".formatted(TURN.toMinutes()))
          : new NotNow("The session did not answer: " + e.getCause());
    } catch (TimeoutException e) {
      return new NotNow("The session did not answer: " + e);
    }
  }

  private Result<Session> create(Claimed claimed)
      throws InterruptedException, ExecutionException, TimeoutException {
    return get(
        sessions.create(
            claimed.run().tenant(),
            new NewSession(
                claimed.run().agent(),
                SessionSettings.NONE.orPrompt(claimed.run().systemPrompt()),
                Map.of(),
                Optional.of(key(claimed)),
                false)));
  }

  private static String key(Claimed claimed) {
    return "eval/" + claimed.run().id() + "/" + claimed.result().id();
  }

  private Came ask(Claimed claimed, SessionId session)
      throws InterruptedException, ExecutionException, TimeoutException {
    return switch (send(claimed, session)) {
      case Result.Ok<Accepted>(var accepted) -> hear(claimed, session, accepted);
      case Result.Refused<Accepted>(var why) -> refused(why);
    };
  }

  /** A session that was put aside meanwhile is taken up again. */
  private Result<Accepted> send(Claimed claimed, SessionId session)
      throws InterruptedException, ExecutionException, TimeoutException {
    var sent = get(say(claimed, session));
    if (sent instanceof Result.Refused<Accepted>(var why)
        && why.code() == Rejection.Code.WRONG_STATE) {
      var _ = get(sessions.resume(claimed.run().tenant(), session));
      return get(say(claimed, session));
    }
    return sent;
  }

  private CompletionStage<Result<Accepted>> say(Claimed claimed, SessionId session) {
    var question = Grading.question(content(claimed));
    return sessions.send(
        claimed.run().tenant(),
        session,
        new Message(
            Json.write(question), TurnOptions.NONE, WhenBusy.QUEUE, Optional.of(key(claimed))));
  }

  private Came hear(Claimed claimed, SessionId session, Accepted accepted)
      throws InterruptedException, ExecutionException, TimeoutException {
    var tenant = claimed.run().tenant();
    var follow = new Follow(accepted.from(), OptionalLong.of(accepted.turn()), false);
    return switch (get(sessions.follow(tenant, session, follow))) {
      case Result.Refused<?>(var why) -> refused(why);
      case Result.Ok<org.apache.pekko.stream.javadsl.Source<Frame, org.apache.pekko.NotUsed>>(
              var frames) -> {
        var shown =
            frames
                .completionTimeout(TURN)
                .runWith(Sink.fold(Shown.NOTHING, Shown::with), materializer)
                .toCompletableFuture()
                .get();
        yield shown.done()
            ? new Answered(ending(claimed, session, shown))
            : new NotNow("The session's stream ended before the turn");
      }
    };
  }

  private Ending ending(Claimed claimed, SessionId session, Shown shown)
      throws InterruptedException, ExecutionException, TimeoutException {
    var error =
        shown
            .error()
            .or(
                () ->
                    shown.answer().isPresent()
                        ? Optional.empty()
                        : Optional.of("The agent gave no answer"));
    return new Ending(
        shown.answer(),
        error.isPresent()
            ? Optional.empty()
            : shown.answer().map(text -> Grading.score(content(claimed), text)),
        latency(claimed, session),
        error);
  }

  /** As the session's own log has it, whoever followed the turn: from its first row to its last. */
  private OptionalLong latency(Claimed claimed, SessionId session)
      throws InterruptedException, ExecutionException, TimeoutException {
    var tenant = claimed.run().tenant();
    return get(sessions.messages(tenant, session, 0, 1))
                instanceof Result.Ok<List<MessageRow>>(var rows)
            && get(sessions.newestMessage(tenant, session))
                instanceof Result.Ok<Optional<MessageRow>>(var newest)
            && !rows.isEmpty()
            && newest.isPresent()
            && newest.get().sequence() > rows.getFirst().sequence()
        ? OptionalLong.of(
            Duration.between(rows.getFirst().createdAt(), newest.get().createdAt()).toMillis())
        : OptionalLong.empty();
  }

  /** Ends the case's session: what it said is kept, its sandbox is not. */
  void tidy(Claimed claimed) throws InterruptedException {
    try {
      if (create(claimed) instanceof Result.Ok<Session>(var session)) {
        var _ = get(sessions.end(claimed.run().tenant(), session.id()));
      }
    } catch (ExecutionException | TimeoutException _) {
      // It ends when it has been idle for long enough.
    }
  }

  private static Came refused(Rejection why) {
    return switch (why.code()) {
      case NO_CAPACITY, UNAVAILABLE, BUSY -> new NotNow(why.detail());
      case INVALID, NOT_FOUND, WRONG_STATE, GONE, UNPROCESSABLE, TOO_LARGE, FAILED ->
          failed(why.detail());
    };
  }

  private static Came failed(String why) {
    return new Answered(
        new Ending(Optional.empty(), Optional.empty(), OptionalLong.empty(), Optional.of(why)));
  }

  private static JsonNode content(Claimed claimed) {
    return Json.parse(claimed.result().caseJson()).orElseGet(Json::object);
  }

  private static <T> T get(CompletionStage<T> stage)
      throws InterruptedException, ExecutionException, TimeoutException {
    return stage.toCompletableFuture().get(ANSWER.toSeconds(), TimeUnit.SECONDS);
  }
}
