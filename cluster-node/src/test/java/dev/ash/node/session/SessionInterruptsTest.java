package dev.ash.node.session;

import static dev.ash.node.session.Samples.ACME;
import static dev.ash.node.session.Samples.nobody;
import static dev.ash.node.session.Samples.send;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.session.Decision.Answer;
import dev.ash.node.session.SessionCommand.Finished;
import dev.ash.node.session.SessionCommand.InterruptTurn;
import dev.ash.node.session.SessionCommand.Lost;
import dev.ash.node.session.SessionCommand.Pause;
import dev.ash.node.session.SessionCommand.Resume;
import dev.ash.node.session.SessionState.Running;
import dev.ash.node.session.Sessions.TurnWas;
import dev.ash.protocol.session.Rejection.Code;
import dev.ash.protocol.session.SessionEvent.ModelNoted;
import dev.ash.protocol.session.SessionEvent.Outcome;
import dev.ash.protocol.session.SessionEvent.TurnContinued;
import dev.ash.protocol.session.SessionEvent.TurnEnded;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A session whose first turn runs while the second and the third wait. */
final class SessionInterruptsTest {
  private final Played played = Played.running();

  SessionInterruptsTest() {
    played.ask(send("two"));
    played.ask(send("three"));
  }

  @Test
  void withdrawsATurnThatWaits() {
    var decision = interrupt(2);

    assertThat(decision.answer()).isEqualTo(new Answer.Interrupted(2, TurnWas.WAITING));
    assertThat(decision.then()).as("told to the worker").isEmpty();
    assertThat(decision.events())
        .singleElement()
        .isInstanceOfSatisfying(
            TurnEnded.class,
            end -> {
              assertThat(end.turn()).isEqualTo(2);
              assertThat(end.outcome()).isEqualTo(Outcome.CANCELLED);
              assertThat(end.error()).contains("Turn was withdrawn before it began");
            });
    assertThat(played.facts().queue()).extracting(Facts.Pending::turn).containsExactly(3L);
    assertThat(running()).isEqualTo(1);
  }

  @Test
  void neverRunsWhatWasWithdrawn() {
    interrupt(2);
    played.hear(finished(1));

    assertThat(running()).isEqualTo(3);
    played.hear(finished(3));
    assertThat(played.journal.stream().filter(TurnEnded.class::isInstance))
        .extracting(event -> ((TurnEnded) event).turn())
        .containsExactly(2L, 1L, 3L);
  }

  @Test
  void findsAWithdrawnTurnEndedWhenItIsAskedAgain() {
    interrupt(2);

    assertThat(interrupt(2))
        .isEqualTo(new Decision(List.of(), List.of(), new Answer.Interrupted(2, TurnWas.ENDED)));
  }

  @Test
  void interruptsTheTurnThatRunsAndNoOther() {
    var decision = interrupt(1);

    assertThat(decision.then()).containsExactly(new WorkerCommand.Interrupt(1));
    assertThat(decision.answer()).isEqualTo(new Answer.Interrupted(1, TurnWas.RUNNING));
    assertThat(decision.events())
        .singleElement()
        .isInstanceOfSatisfying(
            ModelNoted.class,
            noted -> {
              assertThat(noted.turn()).isEqualTo(1);
              assertThat(noted.kind()).isEqualTo("interrupt_requested");
              assertThat(noted.dataJson()).isEqualTo("{\"turn\":1}");
            });
    played.hear(finished(1));

    assertThat(interrupt(1))
        .isEqualTo(new Decision(List.of(), List.of(), new Answer.Interrupted(1, TurnWas.ENDED)));
    assertThat(running()).isEqualTo(2);
  }

  @Test
  void withdrawsFromASessionThatIsPaused() {
    played.ask(new Pause(ACME, nobody()));
    played.hear(finished(1));

    assertThat(interrupt(2).answer()).isEqualTo(new Answer.Interrupted(2, TurnWas.WAITING));
    played.ask(new Resume(ACME, nobody()));

    assertThat(running()).isEqualTo(3);
  }

  @Test
  void makesRoomForAnotherMessage() {
    played.ask(send("four"));
    assertThat(played.ask(send("five")).answer()).isInstanceOf(Answer.Refuse.class);

    interrupt(3);

    assertThat(played.ask(send("five")).answer()).isInstanceOf(Answer.TurnTaken.class);
  }

  @Test
  void knowsNoTurnThatWasNeverAccepted() {
    assertThat(interrupt(4))
        .isEqualTo(Decision.refuse(Code.NOT_FOUND, "Session has no turn 4 (its last is 3)"));
  }

  /** The key still stands for the turn, so that a message sent again is not run after all. */
  @Test
  void aKeyOfAWithdrawnMessageDoesNotBringItBack() {
    var message = send("keyed", Sessions.WhenBusy.QUEUE, Optional.of("k"));
    var taken = played.ask(message).answer();
    interrupt(4);

    assertThat(played.ask(message)).isEqualTo(new Decision(List.of(), List.of(), taken));
    assertThat(played.facts().queue()).extracting(Facts.Pending::turn).containsExactly(2L, 3L);
  }

  /** However it was asked for; the worker may have missed the first one. */
  @ParameterizedTest
  @ValueSource(strings = {"its turn", "any turn", "message"})
  void isWrittenDownOnceAndTheWorkerToldEachTime(String how) {
    interrupt(2);
    interrupt(3); // so that there is room for two messages
    played.ask(asked(how));
    var again = played.ask(asked(how));

    assertThat(again.then()).containsExactly(new WorkerCommand.Interrupt(1));
    assertThat(played.journal.stream().filter(ModelNoted.class::isInstance)).hasSize(1);
  }

  /** Its owner died, or its sandbox, before it could end. */
  @ParameterizedTest
  @ValueSource(strings = {"its turn", "any turn", "message"})
  void isNotTakenUpAgainWhenItsAgentIsLost(String how) {
    played.hear(Samples.spoke(1, 0, Samples.toolCall("t", "Bash")));
    played.ask(asked(how));

    var lost = played.hear(new Lost(1, "the node that ran it was lost"));

    assertThat(Played.names(lost.events())).isEqualTo("TurnEnded TurnStarted");
    assertThat(lost.events().getFirst())
        .isInstanceOfSatisfying(
            TurnEnded.class,
            end -> {
              assertThat(end.turn()).isEqualTo(1);
              assertThat(end.outcome()).isEqualTo(Outcome.INTERRUPTED);
              assertThat(end.error()).isEmpty();
            });
    assertThat(running()).isEqualTo(2);
    assertThat(Played.names(played.hear(new Lost(2, "the same")).events()))
        .as("the turn that nobody interrupted")
        .isEqualTo("TurnContinued");
  }

  /** A node that heeds no interrupts in the log may have taken it up before. */
  @Test
  void isHeededAlsoAfterAnotherNodeHasOverlookedIt() {
    interrupt(1);
    var marks = SessionState.marks(played.state);
    played.state =
        SessionState.apply(
            played.state, new TurnContinued(1, 1, "lost", List.of(), marks, Samples.NOW));

    assertThat(Played.names(played.hear(new Lost(1, "again")).events()))
        .isEqualTo("TurnEnded TurnStarted");
  }

  @Test
  void isNoConcernOfWhatTheNodeNotesElse() {
    played.hear(new SessionCommand.ModelSaid(1, "rate_limited", "{}"));

    assertThat(Played.names(played.hear(new Lost(1, "gone")).events())).isEqualTo("TurnContinued");
  }

  private static SessionCommand.Ruled asked(String how) {
    return switch (how) {
      case "its turn" -> new InterruptTurn(ACME, 1, nobody());
      case "any turn" -> new SessionCommand.Interrupt(ACME, nobody());
      default -> send("urgent", Sessions.WhenBusy.INTERRUPT, Optional.empty());
    };
  }

  private Decision interrupt(long turn) {
    return played.ask(new InterruptTurn(ACME, turn, nobody()));
  }

  private long running() {
    return ((Running) played.state).turn().number();
  }

  private static Finished finished(long turn) {
    return new Finished(turn, Outcome.COMPLETED, Optional.empty(), Optional.empty());
  }
}
