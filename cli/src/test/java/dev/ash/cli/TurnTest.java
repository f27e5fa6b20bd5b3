package dev.ash.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a person sees of a turn, whole and broken. */
final class TurnTest {
  private static final String SEND = "POST /api/sessions/s1/messages";
  private static final String STREAM = "GET /api/sessions/s1/stream";
  private static final String START =
      "id: 1.1\nevent: session_start\ndata: {\"sessionId\":\"s1\"}\n\n";
  private static final String HEL = "id: 2.1\nevent: text_delta\ndata: {\"delta\":\"Hel\"}\n\n";
  private static final String LO = "id: 2.2\nevent: text_delta\ndata: {\"delta\":\"lo\"}\n\n";
  private static final String WHOLE =
      "id: 3.1\nevent: message\ndata: {\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"Hello\"}]}}\n\n";
  private static final String TOOL =
      "id: 4.1\nevent: tool_use\ndata: {\"id\":\"t\",\"name\":\"Write\",\"input\":{\"file_path\":\"hello.txt\",\"content\":\"x\"}}\n\n";
  private static final String DONE = "id: 9.1\nevent: done\ndata: {\"sessionId\":\"s1\"}\n\n";

  private final StubServer server = new StubServer();
  private @TempDir Path home;
  private Rig rig = new Rig(Path.of("/"));

  @BeforeEach
  void setUp() {
    rig = new Rig(home).server(server);
  }

  @AfterEach
  void tearDown() {
    server.close();
  }

  @Test
  void streamsTextOnceAndShowsToolsOnStandardError() {
    server.stream(SEND, START, HEL, LO, WHOLE, TOOL, DONE);

    var result = rig.run("session", "send", "s1", "hi");

    assertThat(result).isEqualTo(new Rig.Result(0, "Hello\n", "[Write] hello.txt\n"));
    assertThat(server.only().json().path("content").asText()).isEqualTo("hi");
    assertThat(server.only().json().path("includePartialMessages").asBoolean()).isTrue();
    assertThat(server.only().authorization()).hasValue("Bearer ash_test");
  }

  @Test
  void showsWholeMessagesOfAServerWithoutDeltas() {
    server.stream(SEND, START, WHOLE, WHOLE, DONE);

    assertThat(rig.run("session", "send", "s1", "hi").out()).isEqualTo("Hello\nHello\n");
  }

  @Test
  void readsFramesTornAnywhere() {
    var all = START + HEL + LO + WHOLE + DONE;
    var middle = all.indexOf("delta\":\"lo");
    server.stream(SEND, all.substring(0, 7), all.substring(7, middle), all.substring(middle));

    assertThat(rig.run("session", "send", "s1", "hi").out()).isEqualTo("Hello\n");
  }

  @Test
  void goesOnBehindTheLastEventAfterABreak() {
    server.stream(SEND, START, HEL, LO.substring(0, 20));
    server.on(STREAM, 503, "{\"error\":\"moving\"}");
    server.stream(STREAM, LO, WHOLE, DONE);

    var result = rig.run("session", "send", "s1", "hi");

    assertThat(result.exit()).isZero();
    assertThat(result.out()).isEqualTo("Hello\n");
    assertThat(result.err()).contains("reconnecting");
    assertThat(server.requests())
        .extracting(StubServer.Request::path)
        .contains(STREAM.substring(4));
    assertThat(server.requests().getLast().lastEventId()).hasValue("2.1");
  }

  @Test
  void goesOnWhenTheStreamEndsWithoutAnEndOfTheTurn() {
    server.stream(SEND, START, HEL);
    server.stream(STREAM, LO, WHOLE, DONE);

    assertThat(rig.run("session", "send", "s1", "hi").out()).isEqualTo("Hello\n");
    assertThat(server.requests().getLast().lastEventId()).hasValue("2.1");
  }

  @Test
  void saysHowToFollowATurnWhoseServerCannotGoOn() {
    server.stream(SEND, START.replace("id: 1.1\n", ""));

    var result = rig.run("session", "send", "s1", "hi");

    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).contains("./ash session tail s1");
  }

  @Test
  void givesUpOnAServerThatStaysAway() {
    server.stream(SEND, START, HEL);
    server.on(STREAM, 503, "{\"error\":\"moving\"}");

    var result = rig.run("session", "send", "s1", "hi");

    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).contains("Failed: GET /api/sessions/s1/stream failed (503): moving");
  }

  @Test
  void anErrorIsOnStandardErrorAndInTheExitCode() {
    server.stream(SEND, START, HEL, "event: error\ndata: {\"error\":\"model is down\"}\n\n", DONE);

    assertThat(rig.run("session", "send", "s1", "hi"))
        .isEqualTo(new Rig.Result(1, "Hel\n", "Error: model is down\n"));
  }

  @Test
  void anErrorMayBeTheEndOfTheStream() {
    server.stream(SEND, START, "event: error\ndata: {\"error\":\"gone\"}\n\n");

    assertThat(rig.run("session", "send", "s1", "hi"))
        .isEqualTo(new Rig.Result(1, "", "Error: gone\n"));
  }

  @Test
  void aResultMarkedAsErrorFailsTheCommand() {
    server.stream(
        SEND,
        START,
        "event: message\ndata: {\"type\":\"result\",\"subtype\":\"error_max_turns\",\"is_error\":true}\n\n",
        DONE);

    var result = rig.run("session", "send", "s1", "hi");

    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).contains("error_max_turns");
  }

  @Test
  void startsOverWhenTheModelDoes() {
    server.stream(
        SEND,
        START,
        HEL,
        "event: message\ndata: {\"type\":\"stream_event\",\"event\":{\"type\":\"message_start\"}}\n\n",
        HEL,
        LO,
        WHOLE,
        DONE);

    assertThat(rig.run("session", "send", "s1", "hi").out()).isEqualTo("Hel\nHello\n");
  }

  @Test
  void takesEscapeSequencesOutOfWhatAPersonReads() {
    rig.property("ash.out", "terminal").env("NO_COLOR", "1");
    server.stream(SEND, START, "event: text_delta\ndata: {\"delta\":\"a\\u001b[2Jb\"}\n\n", DONE);

    assertThat(rig.run("session", "send", "s1", "hi").out()).isEqualTo("a\uFFFD[2Jb\n");
  }

  @Test
  void rawShowsEveryEvent() {
    server.stream(SEND, START, WHOLE, DONE);

    assertThat(rig.run("session", "send", "s1", "hi", "--raw").out())
        .startsWith("[session_start] {\"sessionId\":\"s1\"}\n[message] assistant: {\"type\":")
        .endsWith("[done] {\"sessionId\":\"s1\"}\n");
    assertThat(server.only().json().has("includePartialMessages")).isFalse();
  }

  @Test
  void tailFollowsUntilTheSessionHasEnded() {
    server.stream(STREAM + "?after=0", START, TOOL.replace("4.1", "2.9"));
    server.tornStream(STREAM, WHOLE);
    server.stream(STREAM, WHOLE, DONE);
    server.on("GET /api/sessions/s1", 200, "{\"session\":{\"status\":\"active\"}}");
    server.on("GET /api/sessions/s1", 200, "{\"session\":{\"status\":\"ended\"}}");

    var result = rig.run("session", "tail", "s1");

    assertThat(result.exit()).isZero();
    assertThat(result.out())
        .isEqualTo(
            """
            [session_start] {"sessionId":"s1"}
            [tool_use] Write {"file_path":"hello.txt","content":"x"}
            [message] Hello
            [done] {"sessionId":"s1"}
            """);
    assertThat(server.requests().get(2).lastEventId()).hasValue("2.9");
  }

  @Test
  void tailOfOneTypeShowsTimelineRows() {
    server.stream(STREAM + "?after=0", START, HEL, TOOL, DONE);
    // A short list is not the last one: large events come in shorter lists.
    var events = "GET /api/sessions/s1/events?limit=1000&type=tool_start&after=";
    var row =
        "{\"events\":[{\"type\":\"tool_start\",\"sequence\":%d,\"createdAt\":\"T\",\"data\":\"{}\"}]}";
    server.on(events + "0", 200, row.formatted(3));
    server.on(events + "3", 200, row.formatted(4));
    server.on(events + "4", 200, "{\"events\":[]}");
    server.on("GET /api/sessions/s1", 200, "{\"session\":{\"status\":\"ended\"}}");

    var result = rig.run("session", "tail", "s1", "--type", "tool_start");

    assertThat(result).isEqualTo(new Rig.Result(0, "T tool_start {}\nT tool_start {}\n", ""));
  }

  @Test
  void tailOfAnUnknownSessionFailsAtOnce() {
    server.on(STREAM + "?after=0", 404, "{\"error\":\"Session not found\",\"statusCode\":404}");

    var result = rig.run("session", "tail", "s1");

    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo("Failed: GET /api/sessions/s1/stream?after=0 failed (404): Session not found\n");
  }
}
