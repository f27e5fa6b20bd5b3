package dev.ash.node.session;

import static dev.ash.node.session.SessionRules.scribe;

import dev.ash.node.session.Decision.Answer;
import dev.ash.node.session.SessionCommand.InterruptTurn;
import dev.ash.node.session.SessionRules.Now;
import dev.ash.node.session.SessionState.Running;
import dev.ash.node.session.Sessions.TurnWas;
import dev.ash.protocol.json.Json;
import dev.ash.protocol.session.Rejection;
import dev.ash.protocol.session.SessionEvent.ModelNoted;
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

  /**
   * The kind under which the log says that a running turn is not wanted any more. Nodes that know
   * nothing of it show it and do not heed it (docs/adr/0031).
   */
  private static final String REQUESTED = "interrupt_requested";

  private SessionInterrupts() {}

  static boolean isOne(SessionCommand command) {
    return command instanceof SessionCommand.Interrupt || command instanceof InterruptTurn;
  }

  static boolean isRequest(ModelNoted noted) {
    return noted.kind().equals(REQUESTED);
  }

  /**
   * Writes down that the running turn is not wanted any more, unless the log has it: whoever goes
   * on with the session after its owner died is to know.
   */
  static Scribe request(Scribe scribe, Running running, Now now) {
    var turn = running.turn().number();
    return running.turn().interrupted()
        ? scribe
        : scribe.add(
            m ->
                new ModelNoted(
                    turn, REQUESTED, Json.object().put("turn", turn).toString(), m, now.at()));
  }

  /** Whichever turn runs. */
  static Decision decide(Running running, Now now) {
    return interrupt(running, new Answer.Show(), now);
  }

  private static Decision interrupt(Running running, Answer answer, Now now) {
    return new Decision(
        request(scribe(running), running, now).events(),
        List.of(new WorkerCommand.Interrupt(running.turn().number())),
        answer);
  }

  static Decision decide(SessionState state, Facts facts, InterruptTurn command, Now now) {
    var turn = command.turn();
    if (state instanceof Running running && running.turn().number() == turn) {
      return interrupt(running, new Answer.Interrupted(turn, TurnWas.RUNNING), now);
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
