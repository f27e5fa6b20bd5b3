package dev.ash.node.session;

import static dev.ash.node.session.Samples.ACME;
import static dev.ash.node.session.Samples.nobody;
import static dev.ash.node.session.Samples.send;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.session.SessionCommand.Finished;
import dev.ash.node.session.SessionCommand.InterruptTurn;
import dev.ash.node.session.SessionReply.View;
import dev.ash.protocol.session.Marks;
import dev.ash.protocol.session.SessionEvent;
import dev.ash.protocol.session.SessionEvent.AgentSaid;
import dev.ash.protocol.session.SessionEvent.Outcome;
import dev.ash.protocol.session.SessionEvent.TurnStarted;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Turn 1 has ended, turn 2 runs, turn 3 was withdrawn, turn 4 waits. */
final class TurnEndTest {
  private final Played played = Played.running();

  TurnEndTest() {
    played.ask(send("two"));
    played.ask(send("three"));
    played.ask(send("four"));
    played.hear(new Finished(1, Outcome.COMPLETED, Optional.empty(), Optional.empty()));
    played.ask(new InterruptTurn(ACME, 3, nobody()));
  }

  @ParameterizedTest
  @CsvSource({"1, true", "2, false", "3, true", "4, false", "5, false", "999999999999, false"})
  void isBehindOnlyForATurnThatHasEnded(long turn, boolean ended) {
    var view = View.of(played.state);

    var end = TurnEnd.shown(OptionalLong.of(turn), view);

    assertThat(end.isKnown()).isTrue();
    assertThat(end.isBehind(view.sequence())).isEqualTo(ended);
    assertThat(end.isBehind(view.sequence() - 1)).as("what is not read yet").isFalse();
  }

  @Test
  void isNoQuestionForWhoWantsNoTurn() {
    assertThat(TurnEnd.unknown(OptionalLong.empty()).isKnown()).isTrue();
    var end = TurnEnd.shown(OptionalLong.empty(), View.of(played.state));
    assertThat(end.isBehind(Long.MAX_VALUE - 1)).isFalse();
  }

  /** As before: it may be open for all that is known. */
  @Test
  void isWaitedForWhereTheOwnersNodeDoesNotTell() {
    var view = View.of(played.state);
    var old =
        new View(
            view.status(),
            view.tenant(),
            view.agent(),
            view.settings(),
            view.createdAt(),
            view.lastActiveAt(),
            view.origin(),
            view.marks(),
            view.sequence(),
            view.workspace(),
            view.configTag(),
            Optional.empty());

    assertThat(TurnEnd.shown(OptionalLong.of(1), old)).isEqualTo(TurnEnd.AHEAD);
  }

  @Test
  void liesAheadOfWhoSeesTheTurnBegin() {
    var wanted = OptionalLong.of(2);
    var unknown = TurnEnd.unknown(wanted);
    SessionEvent late = new AgentSaid(2, "{}", Optional.empty(), Marks.NONE, Samples.NOW);
    SessionEvent other = new TurnStarted(1, Marks.NONE, Samples.NOW);
    SessionEvent begins = new TurnStarted(2, Marks.NONE, Samples.NOW);

    assertThat(unknown.isKnown()).isFalse();
    assertThat(unknown.afterSeeing(wanted, late)).as("may come late").isEqualTo(unknown);
    assertThat(unknown.afterSeeing(wanted, other)).isEqualTo(unknown);
    assertThat(unknown.afterSeeing(wanted, begins)).isEqualTo(TurnEnd.AHEAD);
  }
}
