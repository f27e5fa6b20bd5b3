package dev.ash.node.session;

import static dev.ash.node.session.Samples.ACME;
import static dev.ash.node.session.Samples.nobody;
import static dev.ash.node.session.Samples.send;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.session.Decision.Answer;
import dev.ash.node.session.SessionCommand.Finished;
import dev.ash.node.session.SessionCommand.InterruptTurn;
import dev.ash.node.session.SessionCommand.Pause;
import dev.ash.node.session.SessionCommand.Resume;
import dev.ash.node.session.SessionState.Running;
import dev.ash.node.session.Sessions.TurnWas;
import dev.ash.protocol.session.Rejection.Code;
import dev.ash.protocol.session.SessionEvent.Outcome;
import dev.ash.protocol.session.SessionEvent.TurnEnded;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

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
    assertThat(interrupt(1))
        .isEqualTo(
            new Decision(
                List.of(),
                List.of(new WorkerCommand.Interrupt(1)),
                new Answer.Interrupted(1, TurnWas.RUNNING)));
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
