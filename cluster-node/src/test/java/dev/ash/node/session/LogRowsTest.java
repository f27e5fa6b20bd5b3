package dev.ash.node.session;

import static dev.ash.node.session.Samples.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.session.LogRows.Entry;
import dev.ash.protocol.session.Marks;
import dev.ash.protocol.session.SessionEvent;
import dev.ash.protocol.session.SessionEvent.AgentSaid;
import dev.ash.protocol.session.SessionEvent.Created;
import dev.ash.protocol.session.SessionEvent.Outcome;
import dev.ash.protocol.session.SessionEvent.Paused;
import dev.ash.protocol.session.SessionEvent.Resumed;
import dev.ash.protocol.session.SessionEvent.TurnAccepted;
import dev.ash.protocol.session.SessionEvent.TurnContinued;
import dev.ash.protocol.session.SessionEvent.TurnEnded;
import dev.ash.protocol.session.TurnOptions;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class LogRowsTest {

  @Test
  void keepsAUsersMessageAsItWasSent() {
    var accepted =
        new TurnAccepted(
            1, "[{\"type\":\"text\"}]", TurnOptions.NONE, Optional.empty(), new Marks(3, 9), NOW);

    var row = LogRows.messageRow(Samples.ID, accepted).orElseThrow();

    assertThat(row.role()).isEqualTo("user");
    assertThat(row.content()).isEqualTo("{\"type\":\"user\",\"content\":[{\"type\":\"text\"}]}");
    assertThat(row.sequence()).isEqualTo(3);
    assertThat(row.createdAt()).isEqualTo(NOW);
  }

  @Test
  void keepsAssistantAndResultLinesVerbatim() {
    assertThat(LogRows.message(said(Samples.assistant("a"), Optional.empty())))
        .contains(new LogRows.Message("assistant", Samples.assistant("a")));
    assertThat(LogRows.message(said(Samples.result(), Optional.empty())))
        .contains(new LogRows.Message("assistant", Samples.result()));
    assertThat(LogRows.message(said(Samples.toolResult("t"), Optional.empty()))).isEmpty();
    assertThat(LogRows.message(said("{\"type\":\"system\"}", Optional.empty()))).isEmpty();
    assertThat(LogRows.message(said("no JSON", Optional.empty()))).isEmpty();
  }

  @Test
  void listsWhatHappened() {
    assertThat(text(new Paused(Marks.NONE, NOW)))
        .containsExactly("lifecycle {\"action\":\"paused\"}");
    assertThat(text(new Resumed("cold", Optional.of("local"), Marks.NONE, NOW)))
        .containsExactly(
            "lifecycle {\"action\":\"resumed\",\"path\":\"cold\",\"source\":\"local\"}");
    assertThat(
            text(
                new Created(
                    Samples.ACME,
                    Samples.AGENT,
                    Samples.SETTINGS,
                    Optional.empty(),
                    Optional.empty(),
                    Marks.NONE,
                    NOW)))
        .containsExactly(
            "lifecycle {\"action\":\"created\",\"agentName\":\"reviewer\",\"model\":\"claude-opus\"}");
    assertThat(
            text(
                new Created(
                    Samples.ACME,
                    Samples.AGENT,
                    Samples.SETTINGS,
                    Optional.of(Samples.ORIGIN),
                    Optional.empty(),
                    Marks.NONE,
                    NOW)))
        .containsExactly(
            "lifecycle {\"action\":\"forked\",\"parentSessionId\":\""
                + Samples.ORIGIN.parent()
                + "\"}");
    assertThat(text(new TurnContinued(1, 2, "r", List.of(), Marks.NONE, NOW)))
        .containsExactly("lifecycle {\"action\":\"continued\",\"attempt\":2,\"reason\":\"r\"}");
    assertThat(text(new TurnEnded(1, Outcome.FAILED, Optional.of("e"), Marks.NONE, NOW)))
        .containsExactly("error {\"error\":\"e\"}");
    assertThat(text(new TurnEnded(1, Outcome.COMPLETED, Optional.empty(), Marks.NONE, NOW)))
        .isEmpty();
  }

  @Test
  void listsWhatTheAgentDid() {
    assertThat(text(said(Samples.assistant("hi"), Optional.empty())))
        .containsExactly("text {\"text\":\"hi\"}");
    assertThat(text(said(Samples.toolCall("t", "Bash"), Optional.empty())))
        .containsExactly(
            "tool_start {\"toolName\":\"Bash\",\"toolId\":\"t\",\"input\":{\"command\":\"ls\"}}");
    assertThat(text(said(Samples.toolResult("t"), Optional.of("Bash"))))
        .containsExactly(
            "tool_result {\"toolName\":\"Bash\",\"toolId\":\"t\",\"stdout\":\"out\",\"stderr\":\"\"}");
    assertThat(text(said(Samples.result(), Optional.empty())))
        .containsExactly("turn_complete {\"numTurns\":1,\"result\":\"done\"}");
  }

  @Test
  void numbersTheRowsOfOneEventUpToItsMark() {
    var raw =
        "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"thinking\",\"thinking\":\"h\"},"
            + "{\"type\":\"odd\"},{\"type\":\"text\",\"text\":\"a\"}]}}";
    var event = new AgentSaid(1, raw, Optional.empty(), new Marks(1, 12), NOW);

    assertThat(LogRows.eventRows(Samples.ID, event))
        .extracting(Sessions.EventRow::type, Sessions.EventRow::sequence)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("reasoning", 11L),
            org.assertj.core.groups.Tuple.tuple("text", 12L));
  }

  @Test
  void givesRowsIdsThatLookRandomAndNeverChange() {
    var event = new AgentSaid(1, Samples.assistant("a"), Optional.empty(), new Marks(1, 1), NOW);
    var message = LogRows.messageRow(Samples.ID, event).orElseThrow().id();
    var row = LogRows.eventRows(Samples.ID, event).getFirst().id();

    assertThat(message).isEqualTo(LogRows.messageRow(Samples.ID, event).orElseThrow().id());
    assertThat(List.of(message, row)).doesNotHaveDuplicates();
    assertThat(List.of(UUID.fromString(message), UUID.fromString(row)))
        .allMatch(id -> id.version() == 4 && id.variant() == 2);
    assertThat(LogRows.messageRow(Samples.ORIGIN.parent(), event).orElseThrow().id())
        .isNotEqualTo(message);
  }

  private static List<String> text(SessionEvent event) {
    return LogRows.timeline(event).stream().map(LogRowsTest::text).toList();
  }

  private static String text(Entry entry) {
    return entry.type() + " " + entry.data();
  }

  private static AgentSaid said(String raw, Optional<String> tool) {
    return new AgentSaid(1, raw, tool, Marks.NONE, NOW);
  }
}
