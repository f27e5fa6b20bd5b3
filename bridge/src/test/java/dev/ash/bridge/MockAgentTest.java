package dev.ash.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The mock's words against the contract's raw samples. */
final class MockAgentTest {
  private static final String ID = "dfe70930-b62f-4bbc-9a55-b8192c61fc3a";
  private static final String TAIL = ",\"session_id\":\"" + ID + "\"}";
  private static final String IDLE =
      "{\"type\":\"system\",\"subtype\":\"session_state_changed\",\"state\":\"idle\"}";

  @TempDir Path workspace;
  private final Words words = new Words();
  private final List<Duration> pauses = Collections.synchronizedList(new ArrayList<>());
  private MockAgent agent;

  @AfterEach
  void stop() {
    agent.kill();
  }

  @BeforeEach
  void start() {
    agent =
        MockAgent.start(
            ID,
            workspace,
            (_, nanos) -> {
              pauses.add(Duration.ofNanos(nanos));
              return 0;
            },
            words);
  }

  private void startInRealTime() {
    agent = MockAgent.start(ID, workspace, MockAgent.REAL_TIME, words);
  }

  private void tell(String line) {
    assertThat(agent.line(line, true, () -> {})).isTrue();
  }

  private void prompt(String content, int turn, boolean partials) {
    tell(
        "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":"
            + content
            + "},\"turn\":"
            + turn
            + ",\"history\":[],\"includePartialMessages\":"
            + partials
            + "}");
  }

  private void script(String wish, boolean partials) {
    prompt("\"MOCK:" + wish.replace("\"", "\\\"") + "\"", 1, partials);
  }

  @Test
  void answersTheFirstTurnAsTheContractSays() throws InterruptedException {
    prompt("\"hello\"", 1, false);
    assertThat(words.untilIdle())
        .containsExactly(
            assistant("[Mock] Turn 1 | History: hello"),
            "{\"type\":\"result\",\"subtype\":\"success\",\"session_id\":\""
                + ID
                + "\",\"cost_usd\":0,\"duration_ms\":100,\"duration_api_ms\":50,"
                + "\"is_error\":false,\"num_turns\":1,"
                + "\"result\":\"Mock response to: hello\"}",
            IDLE);
    assertThat(pauses).containsExactly(Duration.ofMillis(50), Duration.ofMillis(50));
  }

  @Test
  void saysNothingBeforeTheFileItAwaitsIsThere() throws InterruptedException {
    var looks = new AtomicInteger();
    agent.kill();
    agent =
        MockAgent.start(
            ID,
            workspace,
            (_, _) -> {
              if (looks.incrementAndGet() == 3) {
                assertThat(words.lines).isEmpty();
                assertThat(workspace.resolve("go").toFile().mkdir()).isTrue();
              }
              return 0;
            },
            words);

    script("{\"text\":\"now\",\"await\":\"go\"}", false);

    assertThat(words.untilIdle()).startsWith(assistant("now"));
    assertThat(looks).hasValue(3);
  }

  @Test
  void answersLaterTurnsWithoutAResult() throws InterruptedException {
    prompt("\"again\"", 2, false);
    assertThat(words.untilIdle()).containsExactly(assistant("[Resumed session]"), IDLE);
  }

  @Test
  void streamsAFirstTurnInThreeChunks() throws InterruptedException {
    prompt("[{\"type\":\"text\",\"text\":\"block\"}]", 1, true);
    assertThat(words.untilIdle())
        .startsWith(
            event(
                "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_mock\",\"type\":\"message\","
                    + "\"role\":\"assistant\",\"content\":[]}}"),
            event(
                "{\"type\":\"content_block_start\",\"index\":0,"
                    + "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}"),
            delta("[Mock] Turn 1 |"),
            delta(" History: [mult"),
            delta("imodal content]"),
            event("{\"type\":\"content_block_stop\",\"index\":0}"),
            event(
                "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},"
                    + "\"usage\":{\"output_tokens\":10}}"),
            event("{\"type\":\"message_stop\"}"),
            assistant("[Mock] Turn 1 | History: [multimodal content]"))
        .hasSize(11)
        .endsWith(IDLE);
    assertThat(pauses)
        .containsExactly(
            Duration.ofMillis(50),
            Duration.ofMillis(10),
            Duration.ofMillis(10),
            Duration.ofMillis(10),
            Duration.ofMillis(50));
  }

  @Test
  void streamsAResumedTurnInThreeChunks() throws InterruptedException {
    prompt("\"partial\"", 3, true);
    assertThat(words.untilIdle())
        .containsSubsequence(
            delta("[Resum"), delta("ed ses"), delta("sion]"), assistant("[Resumed session]"), IDLE)
        .hasSize(10);
  }

  @Test
  void endsATurnAtOnceWhenInterrupted() throws Exception {
    agent.kill();
    assertThat(words.exited.get(10, TimeUnit.SECONDS)).isZero();
    startInRealTime();
    script("{\"hang\":true,\"text\":\"before\"}", false);
    assertThat(words.lines.poll(10, TimeUnit.SECONDS)).isEqualTo(assistant("before"));
    tell(
        "{\"request_id\":\"r1\",\"type\":\"control_request\",\"request\":{\"subtype\":\"interrupt\"}}");
    var lines = words.untilIdle();
    assertThat(lines.getFirst())
        .isEqualTo(
            "{\"type\":\"control_response\",\"response\":{\"subtype\":\"success\","
                + "\"request_id\":\"r1\",\"response\":{\"still_queued\":[]}}}");
    assertThat(lines.get(1))
        .startsWith("{\"type\":\"result\",\"subtype\":\"error_during_execution\"");
    assertThat(lines).hasSize(3);
    prompt("\"next\"", 2, false);
    assertThat(words.untilIdle()).containsExactly(assistant("[Resumed session]"), IDLE);
  }

  @Test
  void playsAScriptWithMessagesChunksAndAFile() throws InterruptedException {
    script(
        "{\"chunks\":2,\"chunkDelayMs\":7,\"text\":\"ab\",\"messages\":3,"
            + "\"write\":{\"path\":\"d/a.txt\",\"text\":\"content\"}}",
        true);
    var lines = words.untilIdle();
    assertThat(workspace.resolve("d/a.txt")).hasContent("content");
    assertThat(lines.get(0)).contains("\"type\":\"tool_use\"", "\"name\":\"Write\"");
    assertThat(lines.get(1))
        .startsWith("{\"type\":\"user\"")
        .contains("\"tool_use_result\":{\"type\":\"create\"");
    assertThat(lines.stream().filter(assistant("abab")::equals)).hasSize(3);
    assertThat(lines.stream().filter(delta("ab")::equals)).hasSize(6);
    assertThat(pauses).hasSize(6).containsOnly(Duration.ofMillis(7));
  }

  @Test
  void writesNothingOutsideTheWorkspace() throws InterruptedException {
    script("{\"write\":{\"path\":\"../evil\",\"text\":\"x\"}}", false);
    assertThat(words.untilIdle()).anyMatch(line -> line.contains("not in the workspace"));
    assertThat(workspace.resolveSibling("evil")).doesNotExist();
  }

  @Test
  void exitsWhenTheScriptSaysSo() throws Exception {
    script("{\"exit\":9}", false);
    assertThat(words.exited.get(10, TimeUnit.SECONDS)).isEqualTo(9);
    assertThat(agent.line("x", true, () -> {})).isFalse();
  }

  @Test
  void spewsAsMuchAsTheScriptSays() throws InterruptedException {
    script("{\"messages\":0,\"spew\":1000000}", false);
    assertThat(words.untilIdle().getFirst()).isEqualTo(assistant("x".repeat(1_000_000)));
  }

  @Test
  void takesALineInPartsAndOneTooLongAsContentThatIsNoText() throws InterruptedException {
    var part = "{\"type\":\"user\",\"message\":{\"content\":\"" + "x".repeat(60_000);
    for (int i = 0; i < 100; i++) {
      assertThat(agent.line(part, false, () -> {})).isTrue();
    }
    tell("\"}}");
    assertThat(words.untilIdle().getFirst())
        .isEqualTo(assistant("[Mock] Turn 1 | History: [multimodal content]"));
  }

  private static String assistant(String text) {
    return "{\"type\":\"assistant\",\"message\":{\"role\":\"assistant\",\"content\":"
        + "[{\"type\":\"text\",\"text\":\""
        + text
        + "\"}]}"
        + TAIL;
  }

  private static String event(String event) {
    return "{\"type\":\"stream_event\",\"event\":" + event + TAIL;
  }

  private static String delta(String text) {
    return event(
        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\","
            + "\"text\":\""
            + text
            + "\"}}");
  }

  /** What an agent said. */
  private static final class Words implements Agent.Outlet {
    final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    final CompletableFuture<Integer> exited = new CompletableFuture<>();
    private final ByteArrayOutputStream begun = new ByteArrayOutputStream();

    @Override
    public void output(byte[] bytes, int from, int to) {
      for (int i = from; i < to; i++) {
        if (bytes[i] == '\n') {
          lines.add(begun.toString(StandardCharsets.UTF_8));
          begun.reset();
        } else {
          begun.write(bytes[i]);
        }
      }
    }

    @Override
    public void log(String line) {
      throw new AssertionError(line);
    }

    @Override
    public void exited(int code) {
      exited.complete(code);
    }

    List<String> untilIdle() throws InterruptedException {
      var heard = new ArrayList<String>();
      String line;
      do {
        line = lines.poll(10, TimeUnit.SECONDS);
        if (line == null) {
          throw new AssertionError("no idle; heard " + heard);
        }
        heard.add(line);
      } while (!line.equals(IDLE));
      return heard;
    }
  }
}
