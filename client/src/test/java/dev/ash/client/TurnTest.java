package dev.ash.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.client.http.RetryPolicy;
import dev.ash.client.model.Message;
import dev.ash.client.model.TurnWas;
import dev.ash.client.stream.AgentEvent;
import dev.ash.client.stream.AgentEvent.Done;
import dev.ash.client.stream.AgentEvent.ErrorEvent;
import dev.ash.client.stream.AgentEvent.Other;
import dev.ash.client.stream.AgentEvent.SessionStart;
import dev.ash.client.stream.AgentEvent.TextDelta;
import dev.ash.client.stream.AgentEvent.ThinkingDelta;
import dev.ash.client.stream.AgentEvent.ToolResult;
import dev.ash.client.stream.AgentEvent.ToolUse;
import dev.ash.client.stream.AgentEvent.TurnComplete;
import dev.ash.protocol.json.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The events of a turn, whole and over broken connections. */
final class TurnTest {
  private static final String SEND = "POST /api/sessions/s1/messages";
  private static final String STREAM = "GET /api/sessions/s1/stream";
  private static final String START =
      "id: 1.1\nevent: session_start\ndata: {\"sessionId\":\"s1\",\"version\":\"0.2.0\"}\n\n";
  private static final String HEL = "id: 2.1\nevent: text_delta\ndata: {\"delta\":\"Hel\"}\n\n";
  private static final String LO = "id: 2.2\nevent: text_delta\ndata: {\"delta\":\"lo\"}\n\n";
  private static final String DONE = "id: 9.1\nevent: done\ndata: {\"sessionId\":\"s1\"}\n\n";
  private static final String ERROR = "id: 8.1\nevent: error\ndata: {\"error\":\"gone\"}\n\n";

  private final Rig rig = new Rig();
  private final StubServer server = rig.server;

  @AfterEach
  void tearDown() {
    rig.close();
  }

  @Test
  void givesEveryEventAType() {
    server.stream(
        SEND,
        START,
        ": heartbeat\n\n",
        HEL,
        "event: thinking_delta\ndata: {\"delta\":\"hm\"}\n\n",
        "event: tool_use\ndata: {\"id\":\"t\",\"name\":\"Bash\",\"input\":{\"command\":\"ls\"}}\n\n",
        "event: tool_result\ndata: {\"tool_use_id\":\"t\",\"content\":\"x\",\"is_error\":true}\n\n",
        "event: turn_complete\ndata: {\"numTurns\":2,\"result\":\"Hello\"}\n\n",
        "event: rate_limited\ndata: {\"seconds\":3}\n\n",
        DONE);

    assertThat(turn())
        .containsExactly(
            new SessionStart(Optional.of("1.1"), "s1", "0.2.0"),
            new TextDelta(Optional.of("2.1"), "Hel"),
            new ThinkingDelta(Optional.empty(), "hm"),
            new ToolUse(Optional.empty(), "t", "Bash", Json.object().put("command", "ls")),
            new ToolResult(Optional.empty(), "t", Json.object().textNode("x"), true),
            new TurnComplete(Optional.empty(), OptionalInt.of(2), Optional.of("Hello")),
            new Other(Optional.empty(), "rate_limited", Json.object().put("seconds", 3)),
            new Done(Optional.of("9.1"), "s1"));
    assertThat(server.only().authorization()).hasValue("Bearer ash_test");
    assertThat(server.only().idempotencyKey()).hasValue("key-1");
  }

  @Test
  void sendsAllOptions() {
    server.stream(SEND, DONE);

    rig.ash
        .sessions()
        .send("s1", Message.of("hi").includePartialMessages(true).maxTurns(3).effort("low"))
        .close();

    assertThat(server.only().json())
        .isEqualTo(
            Json.object()
                .put("content", "hi")
                .put("includePartialMessages", true)
                .put("maxTurns", 3)
                .put("effort", "low"));
  }

  @Test
  void goesOnBehindTheLastEventAfterABreak() {
    server.stream(SEND, START, HEL, LO.substring(0, 20));
    server.on(STREAM, 503, "{\"error\":\"moving\"}");
    // What had come when the connection broke may be lost, so it is asked for again.
    server.tornStream(STREAM, START, HEL, LO);
    server.stream(STREAM, START, HEL, LO, DONE);

    assertThat(turn().stream().filter(TextDelta.class::isInstance))
        .containsExactly(
            new TextDelta(Optional.of("2.1"), "Hel"), new TextDelta(Optional.of("2.2"), "lo"));
    assertThat(server.requests().get(1).lastEventId()).hasValue("2.1");
    assertThat(rig.reconnects.get()).isPositive();
  }

  /** In the session's stream others may end first: one that waited, or one that it waits for. */
  @Test
  void goesOnWithItsOwnTurnOnly() {
    server.turn(SEND, "7", START, HEL);
    server.tornStream(STREAM + "?turn=7");
    server.stream(STREAM + "?turn=7", LO, DONE);

    try (var turn = rig.ash.sessions().send("s1", "hi")) {
      assertThat(turn.turn()).hasValue(7);
      assertThat(turn.stream()).hasSize(4);
      assertThat(turn.turn()).hasValue(7);
    }
    assertThat(server.requests().getLast().lastEventId()).hasValue("2.1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "0", "-1", "99999999999999999999"})
  void aServerThatTellsNoTurnNumberTellsNone(String told) {
    server.turn(SEND, told, START, DONE);

    try (var turn = rig.ash.sessions().send("s1", "hi")) {
      assertThat(turn.turn()).isEmpty();
      assertThat(turn.stream()).hasSize(2);
    }
  }

  @ParameterizedTest
  @CsvSource({"running, RUNNING", "waiting, WAITING", "ended, ENDED", "lost, OTHER"})
  void interruptsOneTurn(String was, TurnWas expected) {
    server.on(
        "POST /api/sessions/s1/interrupt?turn=7",
        200,
        "{\"session\":{},\"turn\":{\"number\":7,\"was\":\"" + was + "\"}}");

    assertThat(rig.ash.sessions().interrupt("s1", 7)).isEqualTo(expected);
  }

  @Test
  @Timeout(30)
  void leavesAServerThatFellSilent() {
    try (var hasty = new Rig(RetryPolicy.STANDARD, Duration.ofSeconds(2))) {
      hasty.server.silentStream(SEND, START, HEL, ": heartbeat\n\n");
      hasty.server.stream(STREAM, LO, DONE);

      try (var events = hasty.ash.sessions().send("s1", "hi")) {
        assertThat(events.stream().toList()).hasSize(4);
      }
      assertThat(hasty.server.requests().getLast().lastEventId()).hasValue("2.1");
    }
  }

  @Test
  @Timeout(30)
  void asksAgainWhereAStreamIsSilentFromTheBeginning() {
    try (var hasty = new Rig(RetryPolicy.STANDARD, Duration.ofMillis(300))) {
      hasty.server.silentStream(SEND, "");

      assertThatThrownBy(
              () -> {
                try (var events = hasty.ash.sessions().send("s1", "hi")) {
                  events.next();
                }
              })
          .isInstanceOf(AshException.StreamLost.class);
      assertThat(hasty.server.requests())
          .extracting(StubServer.Request::idempotencyKey)
          .containsExactly(
              Optional.of("key-1"),
              Optional.of("key-1"),
              Optional.of("key-1"),
              Optional.of("key-1"));
    }
  }

  @Test
  @Timeout(30)
  void givesUpASessionThatIsSilentFromTheBeginning() {
    var all = "GET /api/sessions/s1/stream?after=0";
    try (var hasty = new Rig(RetryPolicy.STANDARD, Duration.ofMillis(300))) {
      hasty.server.silentStream(all, "");

      assertThatThrownBy(
              () -> {
                try (var events = hasty.ash.sessions().follow("s1")) {
                  events.next();
                }
              })
          .isInstanceOf(AshException.TimedOut.class);
      assertThat(hasty.server.requests()).hasSize(4);
    }
  }

  @Test
  void sendsAgainWithTheSameKeyWhatWasAnsweredByNothing() {
    server.stream(SEND, ": hello\n");
    server.tornStream(SEND);
    server.busy(SEND, 503, "1");
    server.stream(SEND, START, DONE);

    // A heartbeat alone is no event, but it shows that the server took the message.
    assertThatThrownBy(this::turn).isInstanceOf(AshException.StreamLost.class);
    assertThat(turn()).hasSize(2);
    assertThat(server.requests())
        .extracting(StubServer.Request::idempotencyKey)
        .containsExactly(
            Optional.of("key-1"), Optional.of("key-2"), Optional.of("key-2"), Optional.of("key-2"));
  }

  @Test
  void saysThatATurnIsLostWhoseServerCannotGoOn() {
    server.stream(SEND, START.replace("id: 1.1\n", ""));

    assertThatThrownBy(this::turn)
        .isInstanceOf(AshException.StreamLost.class)
        .hasMessage("the answer ended before the turn did");
  }

  @Test
  void givesUpOnAServerThatStaysAway() {
    server.stream(SEND, START, HEL);
    server.on(STREAM, 503, "{\"error\":\"moving\"}");

    assertThatThrownBy(this::turn)
        .isInstanceOf(AshException.Refused.class)
        .hasMessage("GET /api/sessions/s1/stream failed (503): moving");
  }

  @Test
  void aRefusedMessageIsRefusedAtOnce() {
    server.on(SEND, 400, "{\"error\":\"Session is paused\"}");

    assertThatThrownBy(() -> rig.ash.sessions().send("s1", "hi"))
        .hasMessage("POST /api/sessions/s1/messages failed (400): Session is paused");
  }

  @Test
  void anErrorMayBeTheEnd() {
    server.stream(SEND, START, ERROR);

    assertThat(turn()).last().isInstanceOf(ErrorEvent.class);
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void anErrorAfterABreakIsTheEndOnceTheSessionIsSilent() {
    server.stream(SEND, START);
    server.stream(STREAM, ERROR, ": heartbeat\n\n", HEL);

    assertThat(turn()).last().isInstanceOf(ErrorEvent.class);
  }

  @Test
  void followsASessionUntilItHasEnded() {
    server.stream(STREAM + "?after=0", START, HEL);
    server.stream(STREAM, LO, DONE);
    server.on("GET /api/sessions/s1", 200, "{\"session\":{\"status\":\"active\"}}");
    server.on("GET /api/sessions/s1", 200, "{\"session\":{\"status\":\"ended\"}}");

    try (var events = rig.ash.sessions().follow("s1")) {
      assertThat(events.stream()).hasSize(4);
      assertThat(events.cursor()).hasValue("9.1");
    }
  }

  @Test
  void takesAStreamUpBehindAnEvent() {
    server.stream(STREAM, HEL, LO, DONE);
    server.on("GET /api/sessions/s1", 200, "{\"session\":{\"status\":\"ended\"}}");

    try (var events = rig.ash.sessions().followBehind("s1", "2.1")) {
      assertThat(events.next()).hasValue(new TextDelta(Optional.of("2.2"), "lo"));
    }
  }

  private List<AgentEvent> turn() {
    var events = new ArrayList<AgentEvent>();
    try (var turn = rig.ash.sessions().send("s1", "hi")) {
      turn.forEach(events::add);
    }
    return events;
  }
}
