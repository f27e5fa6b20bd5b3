package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.e2e.EventStream.Frame;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A request that is sent twice with the same {@code Idempotency-Key} happens once. */
@ExtendWith(SharedNode.class)
final class IdempotencyIT {
  private final SharedNode.Guest guest;
  private final StrictClient client;

  IdempotencyIT(SharedNode.Guest guest) {
    this.guest = guest;
    this.client = guest.client();
    AgentFolders.plain(client, "once");
  }

  @Test
  void aSessionIsMadeOnce() {
    var ids =
        AtOnce.call(Collections.<Supplier<String>>nCopies(4, () -> create(client, "create-1")))
            .stream()
            .distinct()
            .toList();

    assertThat(ids).hasSize(1);
    assertThat(create(client, "create-1")).isEqualTo(ids.getFirst());
    assertThat(create(client, "create-2")).isNotEqualTo(ids.getFirst());
    var other = guest.neighbour("other");
    AgentFolders.plain(other, "once");
    assertThat(create(other, "create-1")).isNotEqualTo(ids.getFirst());
  }

  @Test
  void aMessageIsSentOnce() {
    var id = client.createSession("once");

    var first = send(id, "key-1", "hello");
    assertThat(send(id, "key-1", "hello")).isEqualTo(first);
    client.say(id, "between");
    assertThat(send(id, "key-1", "hello")).isEqualTo(first);

    var messages = client.get("/api/sessions/" + id + "/messages").json().get("messages");
    assertThat(messages.findValuesAsText("content"))
        .filteredOn(content -> content.contains("\"user\""))
        .hasSize(2);
    try (var other = post(id, "key-1", "something else")) {
      assertThat(other.status()).isEqualTo(400);
    }
  }

  @Test
  void aClientThatLostItsConnectionGetsTheSameTurnWhileItRuns() {
    var id = client.createSession("once");
    var slow = "MOCK:{\"chunks\":10,\"chunkDelayMs\":50,\"text\":\"x \"}";
    try (var lost = post(id, "key-2", slow)) {
      lost.next();
    }

    assertThat(send(id, "key-2", slow))
        .extracting(Frame::event)
        .containsExactly("session_start", "message", "turn_complete", "message", "done");
  }

  private static String create(StrictClient client, String key) {
    return client
        .send(
            "POST",
            "/api/sessions",
            Map.of("Content-Type", "application/json", "Idempotency-Key", key),
            "{\"agent\":\"once\"}".getBytes(StandardCharsets.UTF_8))
        .expect(201)
        .json()
        .at("/session/id")
        .asText();
  }

  private List<Frame> send(String id, String key, String content) {
    try (var stream = post(id, key, content)) {
      return stream.rest();
    }
  }

  private EventStream post(String id, String key, String content) {
    return client.post(
        "/api/sessions/" + id + "/messages",
        StrictClient.object().put("content", content),
        Map.of("Idempotency-Key", key));
  }
}
