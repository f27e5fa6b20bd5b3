package dev.ash.node.session;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.ash.node.driver.AgentLine;
import dev.ash.protocol.session.Marks;
import dev.ash.protocol.session.SessionEvent;
import dev.ash.protocol.session.SessionEvent.AgentSaid;
import dev.ash.protocol.session.SessionEvent.Created;
import dev.ash.protocol.session.SessionEvent.Ended;
import dev.ash.protocol.session.SessionEvent.ModelNoted;
import dev.ash.protocol.session.SessionEvent.Paused;
import dev.ash.protocol.session.SessionEvent.Reconfigured;
import dev.ash.protocol.session.SessionEvent.Resumed;
import dev.ash.protocol.session.SessionEvent.Stopped;
import dev.ash.protocol.session.SessionEvent.ToolCall;
import dev.ash.protocol.session.SessionEvent.TurnAccepted;
import dev.ash.protocol.session.SessionEvent.TurnContinued;
import dev.ash.protocol.session.SessionEvent.TurnEnded;
import dev.ash.protocol.session.SessionEvent.TurnStarted;
import dev.ash.protocol.session.SessionEvent.WorkspaceSaved;
import dev.ash.protocol.session.TurnOptions;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The life of a session, as its events make it. Pure: no clock, no actor, no I/O. What may happen
 * in which state is in {@link SessionRules}.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = SessionState.Absent.class, name = "absent"),
  @JsonSubTypes.Type(value = SessionState.Idle.class, name = "idle"),
  @JsonSubTypes.Type(value = SessionState.Running.class, name = "running"),
  @JsonSubTypes.Type(value = SessionState.Halted.class, name = "halted"),
})
sealed interface SessionState {

  /** No such session. */
  record Absent() implements SessionState {}

  /** Waits for a message. */
  record Idle(Facts facts) implements SessionState {}

  /**
   * Works on a turn.
   *
   * @param pauseAfter the session shows as paused already and takes no more messages
   */
  record Running(Facts facts, Turn turn, boolean pauseAfter) implements SessionState {}

  /** Takes no messages until it is resumed or, once ended, for ever. */
  record Halted(Facts facts, How how) implements SessionState {}

  /** Why a session takes no messages; the wire's words in lower case. */
  enum How {
    PAUSED,
    STOPPED,
    ENDED
  }

  /**
   * The turn that runs.
   *
   * @param attempt how often it was taken up again since it last got on
   * @param spoke whether the agent has said anything in it
   * @param said complete lines stored since the last attempt began; a line that the worker sends
   *     again after a journal failure is known by this count
   * @param progressed whether the agent has said more than that it started since then
   * @param losses how often the agent was lost in it
   * @param openTools calls without a result yet, in order
   * @param interrupted whether somebody wants it no more: it is not taken up again
   */
  record Turn(
      long number,
      String contentJson,
      TurnOptions options,
      int attempt,
      boolean spoke,
      int said,
      boolean progressed,
      int losses,
      List<ToolCall> openTools,
      boolean interrupted) {
    public Turn {
      openTools = List.copyOf(openTools);
    }

    static Turn of(Facts.Pending pending) {
      return new Turn(
          pending.turn(),
          pending.contentJson(),
          pending.options(),
          0,
          false,
          0,
          false,
          0,
          List.of(),
          false);
    }

    Turn heard(String raw) {
      var more =
          progressed
              || AgentLine.parse(raw).filter(line -> !line.type().equals("system")).isPresent();
      var open = new OpenTools(openTools).hear(raw).open().calls();
      return new Turn(
          number, contentJson, options, attempt, true, said + 1, more, losses, open, interrupted);
    }

    Turn continued(int newAttempt) {
      return new Turn(
          number,
          contentJson,
          options,
          newAttempt,
          spoke,
          0,
          false,
          losses + 1,
          List.of(),
          interrupted);
    }

    Turn unwanted() {
      return new Turn(
          number, contentJson, options, attempt, spoke, said, progressed, losses, openTools, true);
    }
  }

  /** The facts, but for a session that does not exist. */
  static Optional<Facts> facts(SessionState state) {
    return switch (state) {
      case Absent() -> Optional.empty();
      case Idle idle -> Optional.of(idle.facts());
      case Running running -> Optional.of(running.facts());
      case Halted halted -> Optional.of(halted.facts());
    };
  }

  /** The wire's status of a session that exists. */
  static String status(SessionState state) {
    return switch (state) {
      case Absent() -> "starting";
      case Idle _ -> "active";
      case Running running -> running.pauseAfter() ? "paused" : "active";
      case Halted(_, var how) ->
          switch (how) {
            case PAUSED -> "paused";
            case STOPPED -> "stopped";
            case ENDED -> "ended";
          };
    };
  }

  static SessionState apply(SessionState state, SessionEvent event) {
    if (event instanceof Created created) {
      var facts = born(created);
      return created.origin().isPresent() ? new Halted(facts, How.PAUSED) : new Idle(facts);
    }
    var facts =
        facts(state)
            .orElseThrow(() -> new IllegalStateException("event: " + event + " before created"))
            .at(event.marks(), event.at());
    return switch (event) {
      case Created _ -> throw new IllegalStateException("handled above");
      case TurnAccepted accepted ->
          with(
              state,
              facts.withTurn(
                  new Facts.Pending(accepted.turn(), accepted.contentJson(), accepted.options()),
                  accepted.idempotencyKey()));
      case TurnStarted started -> running(facts, started.turn());
      case AgentSaid said -> said(state, facts.withTalk(), said);
      case ModelNoted noted -> noted(state, facts, noted);
      case TurnContinued continued -> continued(state, facts, continued);
      case TurnEnded ended -> ended(state, facts, ended);
      case WorkspaceSaved saved -> with(state, facts.withWorkspace(saved.manifest()));
      case Paused _ ->
          state instanceof Running running
              ? new Running(facts, running.turn(), true)
              : new Halted(facts, How.PAUSED);
      case Resumed _ ->
          state instanceof Running running
              ? new Running(facts, running.turn(), false)
              : new Idle(facts);
      case Stopped _ -> new Halted(facts, How.STOPPED);
      case Ended _ -> new Halted(facts, How.ENDED);
      case Reconfigured changed -> with(state, facts.withSettings(changed.settings()));
    };
  }

  private static Facts born(Created created) {
    return new Facts(
        created.tenant(),
        created.agent(),
        created.settings(),
        created.origin(),
        created.request(),
        created.at(),
        created.at(),
        created.marks(),
        1,
        0,
        created.origin().map(origin -> origin.marks().messages() > 0).orElse(false),
        List.of(),
        Optional.empty(),
        Map.of());
  }

  private static SessionState with(SessionState state, Facts facts) {
    return switch (state) {
      case Absent() -> throw new IllegalStateException("no facts in an absent session");
      case Idle _ -> new Idle(facts);
      case Running running -> new Running(facts, running.turn(), running.pauseAfter());
      case Halted halted -> new Halted(facts, halted.how());
    };
  }

  private static SessionState running(Facts facts, long number) {
    var pending =
        facts.queue().stream()
            .filter(p -> p.turn() == number)
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("turn " + number + " was not accepted"));
    return new Running(facts.withoutTurn(number), Turn.of(pending), false);
  }

  private static SessionState said(SessionState state, Facts facts, AgentSaid said) {
    if (!(state instanceof Running(_, var turn, var pauseAfter)) || turn.number() != said.turn()) {
      return with(state, facts);
    }
    return new Running(facts, turn.heard(said.raw()), pauseAfter);
  }

  private static SessionState noted(SessionState state, Facts facts, ModelNoted noted) {
    return SessionInterrupts.isRequest(noted)
            && state instanceof Running(_, var turn, var pauseAfter)
            && turn.number() == noted.turn()
        ? new Running(facts, turn.unwanted(), pauseAfter)
        : with(state, facts);
  }

  private static SessionState continued(SessionState state, Facts facts, TurnContinued continued) {
    if (!(state instanceof Running(_, var turn, var pauseAfter))) {
      throw new IllegalStateException("event: " + continued + " without a running turn");
    }
    return new Running(facts, turn.continued(continued.attempt()), pauseAfter);
  }

  private static SessionState ended(SessionState state, Facts facts, TurnEnded ended) {
    if (state instanceof Running running && running.turn().number() == ended.turn()) {
      return running.pauseAfter() ? new Halted(facts, How.PAUSED) : new Idle(facts);
    }
    return with(state, facts.withoutTurn(ended.turn()));
  }

  /** The marks to go on from. */
  static Marks marks(SessionState state) {
    return facts(state).map(Facts::marks).orElse(Marks.NONE);
  }
}
