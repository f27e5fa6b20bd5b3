package dev.ash.node.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.queue.QueueRules.Verdict;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.Rejection;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class QueueRulesTest {
  private static final SessionId ID = SessionId.of(new UUID(1, 2));

  @Test
  void anAttemptThatFailsIsTriedAgainLaterUntilThereAreEnough() {
    var failed = new Ending.Failed("no");

    assertThat(QueueRules.verdict(failed, 0, 3))
        .isEqualTo(new Verdict.Retry("no", Duration.ofSeconds(5)));
    assertThat(QueueRules.verdict(failed, 1, 3))
        .isEqualTo(new Verdict.Retry("no", Duration.ofSeconds(10)));
    assertThat(QueueRules.verdict(failed, 2, 3)).isEqualTo(new Verdict.Fail("no"));
    assertThat(QueueRules.verdict(failed, 0, 1)).isEqualTo(new Verdict.Fail("no"));
    assertThat(QueueRules.verdict(failed, 0, 0)).isEqualTo(new Verdict.Fail("no"));
    assertThat(QueueRules.verdict(new Ending.Answered(), 2, 3)).isEqualTo(new Verdict.Complete());
    assertThat(QueueRules.verdict(new Ending.Withdrawn(), 2, 3)).isEqualTo(new Verdict.Nothing());
  }

  @Test
  void whatTheSystemCouldNotDoIsNoTry() {
    assertThat(QueueRules.verdict(new Ending.Hindered("full"), 2, 3))
        .isEqualTo(new Verdict.Postpone("full", Duration.ofSeconds(5)));
  }

  @Test
  void whatItsOwnersDoNotSurviveIsGivenUp() {
    assertThat(QueueRules.givenUp(5)).isEmpty();
    assertThat(QueueRules.givenUp(6))
        .hasValueSatisfying(
            ending ->
                assertThat(QueueRules.verdict(ending, 0, 3))
                    .isInstanceOfSatisfying(
                        Verdict.Fail.class,
                        fail -> assertThat(fail.error()).contains("lost 6 times")));
  }

  @Test
  void delaysDoubleUpToFiveMinutes() {
    assertThat(IntStream.of(0, 1, 2, 5, 6, 7, 1000).mapToObj(QueueRules::delay))
        .extracting(Duration::toSeconds)
        .containsExactly(5L, 10L, 20L, 160L, 300L, 300L, 300L);
  }

  @Test
  void anErrorIsCutToWhatADatabaseTakes() {
    var tooLong = new Ending.Failed("a\0b".repeat(20_000));

    assertThat(QueueRules.verdict(tooLong, 0, 0))
        .isInstanceOfSatisfying(
            Verdict.Fail.class,
            fail -> assertThat(fail.error()).hasSize(10_000).doesNotContain("\0"));
  }

  @Test
  void refusalsAreToldInTheWordsOfTheQueue() {
    assertThat(refused(Rejection.Code.NOT_FOUND, "Session not found", Optional.of(ID)))
        .isEqualTo(new Ending.Failed("Session " + ID + " not found"));
    assertThat(refused(Rejection.Code.WRONG_STATE, "Session is paused", Optional.of(ID)))
        .isEqualTo(new Ending.Failed("Session " + ID + " is paused"));
    assertThat(refused(Rejection.Code.NOT_FOUND, "Agent \"x\" not found", Optional.empty()))
        .isEqualTo(new Ending.Failed("Agent \"x\" not found"));
    assertThat(refused(Rejection.Code.NO_CAPACITY, "full", Optional.empty()))
        .isEqualTo(new Ending.Hindered("full"));
    assertThat(refused(Rejection.Code.UNAVAILABLE, "away", Optional.of(ID)))
        .isEqualTo(new Ending.Hindered("away"));
  }

  private static Ending refused(Rejection.Code code, String detail, Optional<SessionId> session) {
    return QueueRules.refused(new Rejection(code, detail), session);
  }
}
