package dev.ash.node.session;

import static dev.ash.node.session.Samples.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.session.StreamFrames.Body;
import dev.ash.protocol.session.Marks;
import dev.ash.protocol.session.SessionEvent;
import dev.ash.protocol.session.SessionEvent.AgentSaid;
import dev.ash.protocol.session.SessionEvent.Outcome;
import dev.ash.protocol.session.SessionEvent.ToolCall;
import dev.ash.protocol.session.SessionEvent.TurnAccepted;
import dev.ash.protocol.session.SessionEvent.TurnContinued;
import dev.ash.protocol.session.SessionEvent.TurnEnded;
import dev.ash.protocol.session.TurnOptions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The frames of contract/ash-wire-samples.md, without their ids. */
final class StreamFramesTest {
  private static final String SESSION = "\"sessionId\":\"" + Samples.ID + "\"";

  @Test
  void showsATurnAsTheReferenceDoes() {
    var said = Samples.assistant("[Mock] Turn 1");
    var result =
        "{\"type\":\"result\",\"subtype\":\"success\",\"cost_usd\":0,\"num_turns\":1,"
            + "\"result\":\"Mock response\"}";

    assertThat(
            frames(
                new TurnAccepted(
                    1, "\"hello\"", TurnOptions.NONE, Optional.empty(), Marks.NONE, NOW),
                line(said),
                line(result),
                ended(Optional.empty())))
        .containsExactly(
            new Body("session_start", "{" + SESSION + ",\"version\":\"0.2.0\"}"),
            new Body("message", said),
            new Body("turn_complete", "{\"numTurns\":1,\"result\":\"Mock response\"}"),
            new Body("message", result),
            new Body("done", "{" + SESSION + "}"));
  }

  @Test
  void showsBlocksInOrderBeforeTheirMessage() {
    var raw =
        "{\"type\":\"assistant\",\"message\":{\"content\":["
            + "{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"s\"},"
            + "{\"type\":\"text\",\"text\":\"never as a delta\"},"
            + "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"Bash\",\"input\":{\"a\":[1]},\"x\":1},"
            + "{\"type\":\"server_tool_use\",\"id\":\"u\"}]}}";

    assertThat(frames(line(raw)))
        .containsExactly(
            new Body("thinking_delta", "{\"delta\":\"hm\"}"),
            new Body("tool_use", "{\"id\":\"t\",\"name\":\"Bash\",\"input\":{\"a\":[1]}}"),
            new Body("server_tool_use", "{\"type\":\"server_tool_use\",\"id\":\"u\"}"),
            new Body("message", raw));
  }

  @Test
  void showsAToolsOutput() {
    assertThat(frames(line(Samples.toolResult("t"))).getFirst())
        .isEqualTo(
            new Body(
                "tool_result", "{\"tool_use_id\":\"t\",\"content\":\"out\",\"is_error\":false}"));
  }

  @Test
  void showsTheContentOfAToolWithoutOutput() {
    var raw =
        "{\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"tool_result\","
            + "\"tool_use_id\":\"t\",\"content\":[{\"type\":\"text\",\"text\":\"c\"}]}]},"
            + "\"tool_use_result\":{\"type\":\"create\"}}";

    assertThat(frames(line(raw)).getFirst())
        .isEqualTo(
            new Body(
                "tool_result",
                "{\"tool_use_id\":\"t\",\"content\":[{\"type\":\"text\",\"text\":\"c\"}]}"));
  }

  @Test
  void showsAUserLineWithoutAResultAsAMessageOnly() {
    var raw = "{\"type\":\"user\",\"message\":{\"content\":\"text\"}}";
    assertThat(frames(line(raw))).containsExactly(new Body("message", raw));
  }

  @Test
  void leavesOutWhatAResultDoesNotSay() {
    assertThat(frames(line("{\"type\":\"result\",\"num_turns\":2}")).getFirst())
        .isEqualTo(new Body("turn_complete", "{\"numTurns\":2}"));
  }

  @Test
  void showsPartials() {
    assertThat(StreamFrames.ofDelta(Samples.delta("hel")))
        .containsExactly(
            new Body("text_delta", "{\"delta\":\"hel\"}"),
            new Body("message", Samples.delta("hel")));
    var thinking =
        "{\"type\":\"stream_event\",\"event\":{\"type\":\"content_block_delta\","
            + "\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"t\"}}}";
    assertThat(StreamFrames.ofDelta(thinking).getFirst())
        .isEqualTo(new Body("thinking_delta", "{\"delta\":\"t\"}"));
    var other =
        "{\"type\":\"stream_event\",\"event\":{\"type\":\"content_block_delta\","
            + "\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\"}}}";
    assertThat(StreamFrames.ofDelta(other).getFirst())
        .isEqualTo(
            new Body("input_json_delta", "{\"type\":\"input_json_delta\",\"partial_json\":\"{\"}"));
    var start = "{\"type\":\"stream_event\",\"event\":{\"type\":\"message_start\"}}";
    assertThat(StreamFrames.ofDelta(start)).containsExactly(new Body("message", start));
  }

  @Test
  void tellsOfAToolThatWasCutOff() {
    assertThat(
            frames(
                new TurnContinued(
                    1, 2, "power \"went\"", List.of(new ToolCall("t", "Bash")), Marks.NONE, NOW)))
        .containsExactly(
            new Body(
                "tool_result",
                "{\"tool_use_id\":\"t\",\"content\":\"Interrupted: power \\\"went\\\"\","
                    + "\"is_error\":true}"),
            new Body(
                "turn_continued", "{\"turn\":1,\"attempt\":2,\"reason\":\"power \\\"went\\\"\"}"));
  }

  @Test
  void tellsOfAnErrorBeforeTheEnd() {
    assertThat(frames(ended(Optional.of("no room"))))
        .containsExactly(
            new Body("error", "{\"error\":\"no room\"}"), new Body("done", "{" + SESSION + "}"));
  }

  /** A name is a line of its own in the stream. */
  @ParameterizedTest
  @ValueSource(
      strings = {"x\\ndata: {}", "x\\r\\revent: done", "", " ", "a:b", "\\u2028", "\\u0000", "é"})
  void letsNoNameInjectLines(String name) {
    var block =
        "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"%s\"}]}}".formatted(name);
    var delta =
        "{\"type\":\"stream_event\",\"event\":{\"delta\":{\"type\":\"%s\"}}}".formatted(name);

    assertThat(Stream.concat(frames(line(block)).stream(), StreamFrames.ofDelta(delta).stream()))
        .extracting(Body::event)
        .allMatch(event -> event.equals("unknown") || event.equals("message"));
  }

  @Test
  void boundsANamesLength() {
    var raw =
        "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"%s\"}]}}"
            .formatted("x".repeat(65));
    assertThat(frames(line(raw)).getFirst().event()).isEqualTo("unknown");
  }

  private static List<Body> frames(SessionEvent... events) {
    return Stream.of(events).flatMap(e -> StreamFrames.of(Samples.ID, e).stream()).toList();
  }

  private static AgentSaid line(String raw) {
    return new AgentSaid(1, raw, Optional.empty(), Marks.NONE, NOW);
  }

  private static TurnEnded ended(Optional<String> error) {
    return new TurnEnded(1, Outcome.COMPLETED, error, Marks.NONE, NOW);
  }
}
