package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.ash.node.e2e.EventStream.Frame;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** SIGTERM: the node drains, exits with 0, and what it worked on goes on after the next start. */
final class ShutdownIT {
  private static final Duration LIMIT = Duration.ofSeconds(15);

  @Test
  void anIdleNodeEndsWithZeroAndLeavesNoProcess() throws IOException {
    try (var node = StartedNode.start(Map.of())) {
      var client = node.client();
      var id = client.createSession(AgentFolders.plain(client, "idle"));
      client.say(id, "hello");
      var below = node.descendants();
      assertThat(below).isNotEmpty();

      var begin = System.nanoTime();
      assertThat(node.terminate()).as(node.output()).isZero();

      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(LIMIT);
      await().untilAsserted(() -> assertThat(below).noneMatch(ProcessHandle::isAlive));
      assertThat(node.output()).doesNotContain("ERROR").doesNotContain("Exception");
    }
  }

  @Test
  void aTurnThatIsCutOffGoesOnAfterTheRestart() throws IOException {
    try (var node = StartedNode.start(Map.of())) {
      var client = node.client();
      var id = client.createSession(AgentFolders.plain(client, "busy"));
      client.say(id, "hello");
      Frame last;
      try (var turn = client.send(id, "MOCK:{\"text\":\"before the end\",\"hang\":true}")) {
        last = turn.upTo("message").getLast();

        var begin = System.nanoTime();
        assertThat(node.terminate()).as(node.output()).isZero();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(LIMIT);
      }

      node.restart();
      try (var rest = node.client().follow(id, last.id())) {
        var frames = rest.upTo("done");
        assertThat(frames.getFirst().event()).isEqualTo("turn_continued");
        assertThat(frames.getLast().event()).isEqualTo("done");
        assertThat(frames).extracting(Frame::id).doesNotContain(last.id());
        assertThat(frames).filteredOn(f -> f.event().equals("turn_continued")).hasSize(1);
      }
      var status =
          node.client().get("/api/sessions/" + id).json().get("session").get("status").asText();
      assertThat(status).isEqualTo("active");
    }
  }

  @Test
  void aShortTurnIsLetToItsEnd() throws IOException {
    try (var node = StartedNode.start(Map.of())) {
      var client = node.client();
      var id = client.createSession(AgentFolders.plain(client, "short"));
      try (var turn =
          client.send(id, "MOCK:{\"chunks\":10,\"chunkDelayMs\":100,\"text\":\"word \"}")) {
        turn.next();
        assertThat(node.terminate()).as(node.output()).isZero();
      }

      node.restart();
      try (var all = node.client().follow(id, "")) {
        assertThat(all.upTo("done"))
            .noneMatch(frame -> frame.event().equals("turn_continued"))
            .extracting(Frame::event)
            .endsWith("message", "done");
      }
    }
  }
}
