package dev.ash.node.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.driver.AgentDriver.Heard;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Over {@code agent-lines.jsonl}: one recorded line of every kind that the agent was seen to say.
 */
final class StreamJsonTest {
  private static final String FOLDER = "/home/agent/.claude/projects/-workspace/";

  static List<String> recorded() throws IOException {
    try (InputStream lines =
        Objects.requireNonNull(StreamJsonTest.class.getResourceAsStream("agent-lines.jsonl"))) {
      return new String(lines.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("recorded")
  void knowsEveryRecordedLine(String raw) {
    var line = AgentLine.parse(raw).orElseThrow();
    var kind = line.type() + "/" + line.subtype();
    var expected =
        switch (kind) {
          case "stream_event/", "system/status", "system/thinking_tokens", "system/task_progress" ->
              Heard.Partial.class;
          case "system/session_state_changed" ->
              line.json().path("state").asText().equals("idle")
                  ? Heard.Idle.class
                  : Heard.Nothing.class;
          case "control_response/", "command_lifecycle/", "keep_alive/" -> Heard.Nothing.class;
          case "control_request/" -> Heard.Wants.class;
          case "transcript_mirror/" -> Heard.Transcript.class;
          default -> Heard.Complete.class;
        };

    assertThat(StreamJson.hear(raw)).as(kind).isInstanceOf(expected);
  }

  @Test
  void deniesWhatTheAgentAsksToBeAllowed() throws IOException {
    var raw =
        recorded().stream().filter(line -> line.contains("can_use_tool")).findFirst().orElseThrow();

    var answer = ((Heard.Wants) StreamJson.hear(raw)).answer();

    var response = Json.parse(answer).orElseThrow().path("response");
    assertThat(response.path("request_id"))
        .isEqualTo(Json.parse(raw).orElseThrow().path("request_id"));
    assertThat(response.path("subtype").asText()).isEqualTo("success");
    assertThat(response.path("response").path("behavior").asText()).isEqualTo("deny");
    assertThat(answer.lines()).hasSize(1);
  }

  @Test
  void saysOfOtherRequestsThatItKnowsThemNot() {
    var raw =
        "{\"type\":\"control_request\",\"request_id\":\"r\\n1\",\"request\":{\"subtype\":\"x\"}}";

    var answer = ((Heard.Wants) StreamJson.hear(raw)).answer();

    assertThat(answer)
        .isEqualTo(
            "{\"type\":\"control_response\",\"response\":{\"request_id\":\"r\\n1\","
                + "\"subtype\":\"error\",\"error\":\"not supported by this host\"}}");
  }

  @Test
  void keepsTranscriptLinesVerbatim() {
    assertThat(StreamJson.hear(mirror(FOLDER + "s-1.jsonl")))
        .isEqualTo(new Heard.Transcript("s-1.jsonl", List.of("{\"a\":1}", "\"b\"")));
    assertThat(StreamJson.hear(mirror(FOLDER + "s-1/subagents/agent-2.jsonl")))
        .isEqualTo(
            new Heard.Transcript("s-1/subagents/agent-2.jsonl", List.of("{\"a\":1}", "\"b\"")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "s.jsonl",
        "/etc/passwd",
        FOLDER,
        FOLDER + "../other/s.jsonl",
        FOLDER + "s/../../../../.bashrc",
        FOLDER + "..",
        FOLDER + "./s.jsonl",
        FOLDER + "s/./t.jsonl",
        FOLDER + ".",
        FOLDER + "s//t.jsonl",
        FOLDER + "/etc/passwd",
        FOLDER + "s.jsonl/",
        FOLDER + "a/b/c/d/e/f.jsonl",
        FOLDER + "s\u0000.jsonl",
        FOLDER + "s\n.jsonl",
        FOLDER + "s\\..\\t.jsonl",
        FOLDER + "s%2e%2e.jsonl",
        FOLDER + "ſ.jsonl",
      })
  void followsNoPathOutOfTheTranscriptFolder(String filePath) {
    assertThat(StreamJson.hear(mirror(filePath))).isEqualTo(new Heard.Nothing());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "null",
        "[]",
        "7",
        "{}",
        "{\"type\":7}",
        "{\"type\":null}",
        "Error: something on stdout"
      })
  void ignoresWhatIsNoLineOfTheAgent(String raw) {
    assertThat(StreamJson.hear(raw)).isEqualTo(new Heard.Nothing());
  }

  @Test
  void bearsLinesOfAnyShape() {
    var deep = "[".repeat(100_000);
    Stream.of(
            "{\"type\":\"assistant\",\"message\":7}",
            "{\"type\":\"assistant\",\"message\":{\"content\":{\"a\":[1]}}}",
            "{\"type\":\"user\",\"message\":{\"content\":\"text\"},\"tool_use_result\":null}",
            "{\"type\":\"user\",\"message\":{\"content\":[1,null]},\"tool_use_result\":{}}",
            "{\"type\":\"transcript_mirror\",\"filePath\":{},\"entries\":7}",
            "{\"type\":\"control_request\",\"request_id\":[],\"request\":[]}",
            "{\"type\":\"system\",\"subtype\":[]}",
            "{\"type\":\"x\",\"deep\":" + deep)
        .forEach(raw -> assertThat(StreamJson.hear(raw)).isNotNull());
  }

  private static String mirror(String filePath) {
    var line = Json.object().put("type", "transcript_mirror").put("filePath", filePath);
    var entries = line.putArray("entries");
    entries.addObject().put("a", 1);
    entries.add("b");
    return line.toString();
  }
}
