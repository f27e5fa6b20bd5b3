package dev.ash.node.session;

import static dev.ash.node.session.SessionRules.scribe;

import dev.ash.node.session.Decision.Answer;
import dev.ash.node.session.SessionCommand.InterruptTurn;
import dev.ash.node.session.SessionRules.Now;
import dev.ash.node.session.SessionState.Running;
import dev.ash.node.session.Sessions.TurnWas;
import dev.ash.protocol.session.Rejection;
import dev.ash.protocol.session.SessionEvent.Outcome;
import dev.ash.protocol.session.SessionEvent.TurnEnded;
import java.util.List;
import java.util.Optional;

/**
 * What becomes of a turn that is no longer wanted, and of no other: the part of {@link
 * SessionRules} that is the same in every state.
 */
final class SessionInterrupts {
  /** What the stream of a withdrawn turn says before it ends. */
  static final String WITHDRAWN = "Turn was withdrawn before it began";

  private SessionInterrupts() {}

  static Decision decide(SessionState state, Facts facts, InterruptTurn command, Now now) {
    var turn = command.turn();
    if (state instanceof Running running && running.turn().number() == turn) {
      return new Decision(
          List.of(),
          List.of(new WorkerCommand.Interrupt(turn)),
          new Answer.Interrupted(turn, TurnWas.RUNNING));
    }
    if (facts.queue().stream().anyMatch(waiting -> waiting.turn() == turn)) {
      return new Decision(
          scribe(state)
              .add(m -> new TurnEnded(turn, Outcome.CANCELLED, Optional.of(WITHDRAWN), m, now.at()))
              .events(),
          List.of(),
          new Answer.Interrupted(turn, TurnWas.WAITING));
    }
    return turn > facts.turns()
        ? Decision.refuse(
            Rejection.Code.NOT_FOUND,
            "Session has no turn %d (its last is %d)".formatted(turn, facts.turns()))
        : new Decision(List.of(), List.of(), new Answer.Interrupted(turn, TurnWas.ENDED));
  }
}
