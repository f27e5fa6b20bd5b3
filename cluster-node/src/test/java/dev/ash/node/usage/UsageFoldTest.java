package dev.ash.node.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.ash.persistence.table.UsageTable.UsageRow;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Marks;
import dev.ash.protocol.session.SessionEvent;
import dev.ash.protocol.session.SessionEvent.AgentFolder;
import dev.ash.protocol.session.SessionEvent.AgentSaid;
import dev.ash.protocol.session.SessionEvent.Created;
import dev.ash.protocol.session.SessionEvent.Ended;
import dev.ash.protocol.session.SessionEvent.Outcome;
import dev.ash.protocol.session.SessionEvent.Stopped;
import dev.ash.protocol.session.SessionEvent.TurnEnded;
import dev.ash.protocol.session.SessionEvent.TurnStarted;
import dev.ash.protocol.session.SessionSettings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class UsageFoldTest {
  private static final SessionId ID = SessionId.of(new UUID(0x4000, 1));
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00.123Z");
  private static final Marks MARKS = new Marks(0, 0);
  private static final String TOOLS =
      "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"tool_use\",\"id\":\"a\"},"
          + "{\"type\":\"text\",\"text\":\"x\"},{\"type\":\"tool_use\",\"id\":\"b\"}]}}";

  private static final List<SessionEvent> TWO_TURNS =
      List.of(
          created(),
          new TurnStarted(1, MARKS, NOW),
          said(TOOLS),
          said(result(10, 20, 0.5)),
          new TurnEnded(1, Outcome.COMPLETED, Optional.empty(), MARKS, NOW.plusMillis(2500)),
          new TurnStarted(2, MARKS, NOW.plusSeconds(10)),
          said(result(1, 2, 0.75)),
          new TurnEnded(2, Outcome.COMPLETED, Optional.empty(), MARKS, NOW.plusSeconds(11)));

  private static SessionEvent created() {
    return new Created(
        new TenantId("acme"),
        new AgentFolder(new AgentName("helper"), 1, Digest.of(new byte[] {1})),
        SessionSettings.NONE,
        Optional.empty(),
        Optional.empty(),
        MARKS,
        NOW);
  }

  private static SessionEvent said(String raw) {
    return new AgentSaid(1, raw, Optional.empty(), MARKS, NOW);
  }

  private static String result(int input, int output, double cost) {
    return ("{\"type\":\"result\",\"usage\":{\"input_tokens\":%d,\"output_tokens\":%d,"
            + "\"cache_creation_input_tokens\":3,\"cache_read_input_tokens\":0},"
            + "\"total_cost_usd\":%s}")
        .formatted(input, output, cost);
  }

  private static List<UsageRow> fold(List<SessionEvent> events) {
    var fold = new UsageFold(ID, Optional.empty());
    for (var i = 0; i < events.size(); i++) {
      fold.add(i + 1, events.get(i));
    }
    return fold.rows();
  }

  @Test
  void countsWhatTurnsUsed() {
    assertThat(fold(TWO_TURNS))
        .extracting(UsageRow::sequence, UsageRow::kind, UsageRow::value)
        .containsExactly(
            tuple(3L, "tool_call", 2.0),
            tuple(4L, "input_tokens", 10.0),
            tuple(4L, "output_tokens", 20.0),
            tuple(4L, "cache_creation_tokens", 3.0),
            tuple(4L, "cost_usd", 0.5),
            tuple(5L, "message", 1.0),
            tuple(5L, "compute_seconds", 2.5),
            tuple(7L, "input_tokens", 1.0),
            tuple(7L, "output_tokens", 2.0),
            tuple(7L, "cache_creation_tokens", 3.0),
            tuple(7L, "cost_usd", 0.25),
            tuple(8L, "message", 1.0),
            tuple(8L, "compute_seconds", 1.0));
    assertThat(fold(TWO_TURNS)).extracting(row -> row.tenant().value()).containsOnly("acme");
    assertThat(fold(TWO_TURNS)).extracting(row -> row.agent().value()).containsOnly("helper");
  }

  @Test
  void givesTheSameWhereverItIsCut() {
    for (var cut = 1; cut < TWO_TURNS.size(); cut++) {
      var first = new UsageFold(ID, Optional.empty());
      for (var i = 0; i < cut; i++) {
        first.add(i + 1, TWO_TURNS.get(i));
      }
      var second = new UsageFold(ID, first.progress());
      for (var i = cut; i < TWO_TURNS.size(); i++) {
        second.add(i + 1, TWO_TURNS.get(i));
      }
      var all = new ArrayList<>(first.rows());
      all.addAll(second.rows());
      assertThat(all).as("cut at %d", cut).isEqualTo(fold(TWO_TURNS));
    }
  }

  @Test
  void aNewProcessOfTheAgentBeginsToReckonAnew() {
    assertThat(fold(List.of(created(), said(result(1, 1, 0.5)), said(result(1, 1, 0.125)))))
        .filteredOn(row -> row.kind().equals("cost_usd"))
        .extracting(UsageRow::value)
        .containsExactly(0.5, 0.125);
  }

  @Test
  void aTurnThatNeverStartedUsedNothing() {
    assertThat(
            fold(
                List.of(
                    created(),
                    new TurnEnded(1, Outcome.CANCELLED, Optional.of("stopped"), MARKS, NOW))))
        .isEmpty();
  }

  @Test
  void aTurnThatWaitedIsWithdrawnBesideTheOneThatRuns() {
    var events = new ArrayList<>(TWO_TURNS);
    events.add(3, new TurnEnded(2, Outcome.CANCELLED, Optional.of("withdrawn"), MARKS, NOW));

    assertThat(fold(events)).extracting(UsageRow::value).isEqualTo(values(TWO_TURNS));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aTurnThatIsCancelledWithItsSessionUsedWhatItUsed(boolean stopped) {
    var end = NOW.plusSeconds(3);
    assertThat(
            fold(
                List.of(
                    created(),
                    new TurnStarted(1, MARKS, NOW),
                    new TurnEnded(1, Outcome.CANCELLED, Optional.of("over"), MARKS, end),
                    new TurnEnded(2, Outcome.CANCELLED, Optional.of("over"), MARKS, end),
                    stopped ? new Stopped(MARKS, end) : new Ended(MARKS, end))))
        .extracting(UsageRow::kind, UsageRow::value)
        .containsExactly(tuple("message", 1.0), tuple("compute_seconds", 3.0));
  }

  private static List<Double> values(List<SessionEvent> events) {
    return fold(events).stream().map(UsageRow::value).toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "not json",
        "{\"type\":\"result\"}",
        "{\"type\":\"result\",\"usage\":{\"input_tokens\":-5,\"output_tokens\":\"7\"}}",
        "{\"type\":\"result\",\"usage\":{\"input_tokens\":1e300},\"total_cost_usd\":-1}",
        "{\"type\":\"result\",\"usage\":[],\"total_cost_usd\":1e9}",
        "{\"type\":\"assistant\",\"message\":7}"
      })
  void craftedLinesCountForNothing(String raw) {
    assertThat(fold(List.of(created(), said(raw)))).isEmpty();
  }

  @Test
  void aJournalBeginsWithTheCreation() {
    var fold = new UsageFold(ID, Optional.empty());
    assertThatThrownBy(() -> fold.add(1, new TurnStarted(1, MARKS, NOW)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("expected: created");
  }
}
