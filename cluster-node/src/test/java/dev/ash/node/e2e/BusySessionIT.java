package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.e2e.EventStream.Frame;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Messages to a session that runs a turn. */
@ExtendWith(SharedNode.class)
final class BusySessionIT {
  private final StrictClient client;
  private final String id;

  BusySessionIT(StrictClient client) {
    this.client = client;
    this.id = client.createSession(AgentFolders.plain(client, "busy"));
  }

  @Test
  void messagesAtOnceRunOneAfterTheOtherAndEachReplyHasItsOwnTurnOnly() {
    var names = IntStream.range(0, 5).mapToObj(i -> "word" + i).toList();

    var replies =
        AtOnce.call(
            names.stream()
                .<Supplier<List<Frame>>>map(name -> () -> client.say(id, slow(name)))
                .toList());

    for (var i = 0; i < names.size(); i++) {
      assertThat(replies.get(i))
          .extracting(Frame::event)
          .containsExactly("session_start", "message", "turn_complete", "message", "done");
      assertThat(replies.get(i).get(1).data()).contains(names.get(i));
    }
    assertThat(replies.stream().flatMap(List::stream).map(Frame::id)).doesNotHaveDuplicates();
    assertThat(turnsInOrder()).hasSize(5).allMatch(turn -> turn.size() == 2);
  }

  /** Whom the stored answers follow: no answer stands within another turn. */
  private List<List<String>> turnsInOrder() {
    try (var all = client.follow(id, "")) {
      var done = new int[1];
      var frames = all.upTo(f -> f.event().equals("done") && ++done[0] == 5);
      return Stream.iterate(0, i -> i < frames.size(), i -> i + 1)
          .filter(i -> frames.get(i).event().equals("turn_complete"))
          .map(i -> List.of(frames.get(i - 1).type(), frames.get(i + 1).type()))
          .filter(types -> types.equals(List.of("assistant", "result")))
          .toList();
    }
  }

  /** Its sandbox is being made when it is stopped, and the next one has the same name. */
  @Test
  void aSessionStoppedRightAwayGoesOnRightAway() {
    for (var i = 0; i < 5; i++) {
      client.post("/api/sessions/" + id + "/stop").expect(200);
      client.post("/api/sessions/" + id + "/resume").expect(200);
    }
    assertThat(client.exec(id, "echo here").get("stdout").asText()).isEqualTo("here\n");
  }

  @Test
  void aRejectedMessageLeavesNoTrace() {
    try (var first = client.send(id, slow("first"))) {
      first.next();

      var refused = client.post(messages(), "{\"content\":\"second\",\"whenBusy\":\"reject\"}");
      assertThat(refused.status()).isEqualTo(409);
      assertThat(refused.text())
          .isEqualTo("{\"error\":\"Session is running a turn\",\"statusCode\":409}");

      assertThat(first.rest().getLast().event()).isEqualTo("done");
    }
    assertThat(client.get(messages()).text()).doesNotContain("second");
  }

  @Test
  void anIdleSessionTakesAMessageThatWouldBeRejected() {
    var message = StrictClient.object().put("content", "hi").put("whenBusy", "reject");

    try (var reply = client.send(id, message)) {
      assertThat(reply.rest().getLast().event()).isEqualTo("done");
    }
  }

  @Test
  void anInterruptingMessageEndsTheRunningTurnAndIsNext() {
    try (var first = client.send(id, "MOCK:{\"text\":\"first\",\"hang\":true}")) {
      first.upTo("message");
      var message = StrictClient.object().put("content", slow("urgent"));
      try (var second = client.send(id, message.put("whenBusy", "interrupt"))) {
        assertThat(first.rest())
            .anyMatch(frame -> frame.data().contains("error_during_execution"))
            .extracting(Frame::event)
            .endsWith("done");
        assertThat(second.rest())
            .noneMatch(frame -> frame.data().contains("first"))
            .anyMatch(frame -> frame.data().contains("urgent"))
            .extracting(Frame::event)
            .endsWith("done");
      }
    }
  }

  @Test
  void aTurnIsInterruptedByItsNumberWhetherItRunsOrWaits() {
    try (var running = client.send(id, "MOCK:{\"text\":\"first\",\"hang\":true}");
        var waiting = client.send(id, "waits")) {
      running.upTo("message");
      assertThat(List.of(running.header("x-ash-turn"), waiting.header("x-ash-turn")))
          .containsExactly("1", "2");

      assertThat(interrupted(2)).isEqualTo("{\"number\":2,\"was\":\"waiting\"}");
      assertThat(waiting.rest())
          .extracting(Frame::event)
          .containsExactly("session_start", "error", "done");
      assertThat(interrupted(2)).isEqualTo("{\"number\":2,\"was\":\"ended\"}");
      assertThat(interrupted(1)).isEqualTo("{\"number\":1,\"was\":\"running\"}");
      assertThat(running.rest())
          .anyMatch(frame -> frame.data().contains("error_during_execution"))
          .extracting(Frame::event)
          .endsWith("done");
    }
    assertThat(client.post("/api/sessions/" + id + "/interrupt?turn=3").expect(404).text())
        .contains("Session has no turn 3 (its last is 2)");
    try (var second = client.get("/api/sessions/" + id + "/stream?turn=2", Map.of())) {
      assertThat(second.rest())
          .extracting(Frame::event)
          .containsExactly("session_start", "error", "done");
    }
  }

  private String interrupted(long turn) {
    var answer = client.post("/api/sessions/" + id + "/interrupt?turn=" + turn).expect(200);
    assertThat(answer.json().at("/session/id").asText()).isEqualTo(id);
    return answer.json().get("turn").toString();
  }

  @Test
  void pauseInMidTurnLetsItEndAndTakesNoMore() {
    try (var turn = client.send(id, slow("last"))) {
      turn.next();
      var paused = client.post("/api/sessions/" + id + "/pause").expect(200).json();
      assertThat(paused.get("session").get("status").asText()).isEqualTo("paused");
      assertThat(client.post(messages(), "{\"content\":\"no\"}").expect(400).text())
          .contains("Session is paused");

      assertThat(turn.rest()).anyMatch(frame -> frame.data().contains("last"));
    }
  }

  @Test
  void stopInMidTurnEndsEveryReplyWithErrorAndDone() {
    try (var running = client.send(id, "MOCK:{\"text\":\"x\",\"hang\":true}")) {
      running.upTo("message");
      try (var waiting = client.send(id, "waits")) {
        client.post("/api/sessions/" + id + "/stop").expect(200);

        assertThat(running.rest()).extracting(Frame::event).containsExactly("error", "done");
        assertThat(waiting.rest())
            .extracting(Frame::event)
            .containsExactly("session_start", "error", "done");
      }
    }
    assertThat(client.get(messages()).expect(200).json().get("messages"))
        .extracting(JsonNode::toString)
        .anyMatch(row -> row.contains("waits"));
  }

  @Test
  void execWhileATurnRunsDoesNotDisturbIt() {
    try (var turn = client.send(id, slow("undisturbed"))) {
      turn.next();
      assertThat(client.exec(id, "echo beside").get("stdout").asText()).isEqualTo("beside\n");
      assertThat(turn.rest())
          .anyMatch(frame -> frame.data().contains("undisturbed"))
          .extracting(Frame::event)
          .endsWith("done");
    }
  }

  private static String slow(String word) {
    return "MOCK:{\"chunks\":4,\"chunkDelayMs\":50,\"text\":\"" + word + " \"}";
  }

  private String messages() {
    return "/api/sessions/" + id + "/messages";
  }
}
