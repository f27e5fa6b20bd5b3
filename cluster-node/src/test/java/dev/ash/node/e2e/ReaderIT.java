package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ash.node.e2e.EventStream.Frame;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Cursors over a session's log: every reader sees every frame once, whenever it comes. */
@ExtendWith(SharedNode.class)
final class ReaderIT {
  private static final String SLOW =
      "MOCK:{\"chunks\":20,\"chunkDelayMs\":40,\"text\":\"tick \",\"messages\":1}";

  private final StrictClient client;
  private final String id;

  ReaderIT(StrictClient client) {
    this.client = client;
    this.id = client.createSession(AgentFolders.plain(client, "read"));
  }

  @Test
  void everyCursorOfAFinishedTurnContinuesWithoutGapOrDouble() {
    var turn = withPartials("hello");
    assertThat(turn).extracting(Frame::id).doesNotHaveDuplicates().doesNotContain("");

    assertThat(replay("", turn.size())).isEqualTo(turn);
    for (var i = 0; i < turn.size() - 1; i++) {
      var missing = turn.subList(i + 1, turn.size());
      assertThat(replay(turn.get(i).id(), missing.size()))
          .as("after " + turn.get(i))
          .isEqualTo(missing);
    }
  }

  @Test
  void theQueryParameterIsACursorToo() {
    var turn = client.say(id, "hello");

    try (var stream = stream("?after=" + turn.get(1).id())) {
      assertThat(stream.upTo("done")).isEqualTo(turn.subList(2, turn.size()));
    }
  }

  @Test
  void aCursorThatCannotBeReadStartsOver() {
    var turn = client.say(id, "hello");

    for (var nonsense : List.of("x", "-1.0", "99999999999999999999.0", "1.1.1")) {
      assertThat(replay(nonsense, turn.size())).as(nonsense).isEqualTo(turn);
    }
  }

  @Test
  void aFollowerSeesTheFramesOfATurnThatRunsElsewhere() {
    try (var follower = client.follow(id, "")) {
      var live = CompletableFuture.supplyAsync(() -> follower.upTo("done"));
      var reply = withPartials(SLOW);

      assertThat(live.join()).isEqualTo(reply);
      assertThat(reply).filteredOn(frame -> frame.event().equals("text_delta")).hasSize(20);
    }
  }

  @Test
  void aFollowerThatWantsNoPartialsGetsNone() {
    try (var follower = stream("?includePartialMessages=false")) {
      var live = CompletableFuture.supplyAsync(() -> follower.upTo("done"));
      var reply = withPartials(SLOW);

      assertThat(live.join()).isEqualTo(storedOf(reply));
    }
  }

  @Test
  void aReaderThatLosesItsConnectionInMidTurnContinuesBehindItsLastFrame() {
    List<Frame> seen;
    try (var reply =
        client.send(
            id, StrictClient.object().put("content", SLOW).put("includePartialMessages", true))) {
      seen = reply.upTo(frame -> frame.data().contains("content_block_delta"));
    }

    List<Frame> rest;
    try (var again = client.follow(id, seen.getLast().id())) {
      rest = again.upTo("done");
    }

    assertThat(rest).doesNotContainAnyElementsOf(seen);
    assertThat(seen.size() + rest.size()).isEqualTo(1 + 2 + 2 * 20 + 3 + 1 + 2 + 1);
  }

  @Test
  void aTurnWhoseClientLeftEndsAndIsStored() {
    try (var reply = client.send(id, SLOW)) {
      assertThat(reply.next().orElseThrow().event()).isEqualTo("session_start");
    }

    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () ->
                assertThat(client.get("/api/sessions/" + id + "/messages").text())
                    .contains("tick tick")
                    .contains("\\\"subtype\\\":\\\"success\\\""));
    assertThat(replay("", 5)).extracting(Frame::event).endsWith("done");
  }

  @Test
  void theStreamOfATurnEndsAlsoForWhoComesWhenItIsLongOver() {
    var first = client.say(id, "hello");
    var second = client.say(id, "again");

    try (var whole = stream("?turn=1");
        var behind = stream("?turn=1&after=" + second.getLast().id());
        var between = stream("?turn=1&after=" + second.getFirst().id());
        var rest = stream("?turn=1&after=" + first.get(1).id())) {
      assertThat(whole.rest()).isEqualTo(first);
      assertThat(behind.rest()).isEmpty();
      assertThat(between.rest()).isEmpty();
      assertThat(rest.rest()).isEqualTo(first.subList(2, first.size()));
    }
  }

  @Test
  void theStreamOfATurnToComeWaitsForIt() {
    client.say(id, "hello");
    try (var coming = stream("?turn=2")) {
      var live = CompletableFuture.supplyAsync(coming::rest).orTimeout(30, TimeUnit.SECONDS);

      var second = client.say(id, "again");

      assertThat(live.join()).isEqualTo(second);
    }
  }

  @Test
  void anUnknownSessionHasNoStream() {
    assertThat(
            client
                .get("/api/sessions/00000000-0000-4000-8000-000000000000/stream")
                .expect(404)
                .text())
        .isEqualTo("{\"error\":\"Session not found\",\"statusCode\":404}");
  }

  @Test
  void theStreamOfAnEndedSessionEnds() {
    var turn = client.say(id, "hello");
    client.delete("/api/sessions/" + id).expect(200);

    try (var stream = client.follow(id, "")) {
      var all = stream.rest();
      assertThat(all.subList(0, turn.size())).isEqualTo(turn);
      assertThat(all).extracting(Frame::event).endsWith("done", "session_end");
    }
  }

  private List<Frame> withPartials(String content) {
    try (var stream =
        client.send(
            id,
            StrictClient.object().put("content", content).put("includePartialMessages", true))) {
      return stream.rest();
    }
  }

  private EventStream stream(String query) {
    return client.get("/api/sessions/" + id + "/stream" + query, Map.of());
  }

  /** So many frames after a cursor; the stream is left open by the server. */
  private List<Frame> replay(String lastEventId, int frames) {
    try (var stream = client.follow(id, lastEventId)) {
      var seen = new int[1];
      return stream.upTo(_ -> ++seen[0] == frames);
    }
  }

  private static List<Frame> storedOf(List<Frame> frames) {
    return frames.stream().filter(frame -> !isPartial(frame)).toList();
  }

  private static boolean isPartial(Frame frame) {
    return frame.event().endsWith("_delta") || frame.type().equals("stream_event");
  }
}
