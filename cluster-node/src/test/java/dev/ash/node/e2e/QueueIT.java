package dev.ash.node.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Prompts that nobody waits for. */
@ExtendWith(SharedNode.class)
final class QueueIT {
  private static final Duration LIMIT = Duration.ofSeconds(40);

  private final SharedNode.Guest guest;
  private final StrictClient client;

  QueueIT(SharedNode.Guest guest) {
    this.guest = guest;
    this.client = guest.client();
    AgentFolders.plain(client, "queued");
  }

  @Test
  void anItemIsDoneOnceAndItsAnswerIsInItsSession() {
    var request = item("queued", "MOCK:{\"text\":\"the answer\"}");
    var id = add(request, Map.of("Idempotency-Key", "q-1")).get("id").asText();
    assertThat(add(request, Map.of("Idempotency-Key", "q-1")).get("id").asText()).isEqualTo(id);
    send(item("queued", "another"), Map.of("Idempotency-Key", "q-1")).expect(400);

    var done = awaitStatus(id, "completed");
    assertThat(done.get("error").isNull()).isTrue();
    assertThat(done.get("startedAt").asText())
        .isLessThanOrEqualTo(done.get("completedAt").asText());
    var session = "/api/sessions/" + done.get("sessionId").asText();
    assertThat(client.get(session).expect(200).json().at("/session/status").asText())
        .isEqualTo("active");
    assertThat(client.get(session + "/messages").text()).contains("the answer");
    assertThat(client.get(session + "/messages").json().get("messages").findValuesAsText("role"))
        .containsOnlyOnce("user");

    var other = guest.neighbour("queue");
    other.get("/api/queue/" + id).expect(404);
    other.delete("/api/queue/" + id).expect(404);
    assertThat(other.get("/api/queue").text()).isEqualTo("{\"items\":[]}");
    assertThat(client.delete("/api/queue/" + id).expect(400).text())
        .contains("Cannot cancel item with status \\\"completed\\\"");
  }

  @Test
  void anItemOfASessionIsAMessageToIt() {
    var session = client.createSession("queued");
    var request = item("queued", "in my session").put("sessionId", session);

    var done = awaitStatus(add(request, Map.of()).get("id").asText(), "completed");
    assertThat(done.get("sessionId").asText()).isEqualTo(session);
    assertThat(client.get("/api/sessions/" + session + "/messages").text())
        .contains("in my session");

    client.post("/api/sessions/" + session + "/pause").expect(200);
    var refused = add(request.put("maxRetries", 1), Map.of()).get("id").asText();
    assertThat(awaitStatus(refused, "failed").get("error").asText())
        .isEqualTo("Session " + session + " is paused");
  }

  @Test
  void whatCannotBeDoneFailsAfterItsTries() {
    var unknown = add(item("nobody", "x").put("maxRetries", 1), Map.of()).get("id").asText();
    var lost = "00000000-0000-4000-8000-000000000009";
    var noSession = add(item("queued", "x").put("maxRetries", 0).put("sessionId", lost), Map.of());
    var script = Map.of("install.sh", "#!/bin/sh\nexit 7\n");
    client.post("/api/agents", AgentFolders.upload("broken", script).toString()).expect(201);
    var broken = add(item("broken", "x").put("maxRetries", 1), Map.of()).get("id").asText();
    var twice = add(item("nobody", "x").put("maxRetries", 2), Map.of()).get("id").asText();

    assertThat(awaitStatus(unknown, "failed").get("error").asText())
        .isEqualTo("Agent \"nobody\" not found");
    assertThat(awaitStatus(noSession.get("id").asText(), "failed").get("error").asText())
        .isEqualTo("Session " + lost + " not found");
    assertThat(awaitStatus(broken, "failed").get("error").asText()).contains("install.sh failed");
    assertThat(awaitStatus(twice, "failed").get("retryCount").asInt()).isEqualTo(1);
  }

  @Test
  void aRunningItemIsCancelledAndItsTurnInterrupted() {
    var id = add(item("queued", "MOCK:{\"hang\":true}"), Map.of()).get("id").asText();
    var running =
        await().atMost(LIMIT).until(() -> show(id), item -> !item.get("sessionId").isNull());
    assertThat(running.get("status").asText()).isEqualTo("processing");

    assertThat(client.delete("/api/queue/" + id).expect(200).json().at("/item/status").asText())
        .isEqualTo("cancelled");

    var session = running.get("sessionId").asText();
    try (var stream = client.follow(session, "")) {
      stream.upTo("done");
    }
    assertThat(show(id).get("completedAt").isNull()).isTrue();
    assertThat(client.get("/api/queue/stats").json().at("/stats/cancelled").asInt()).isPositive();
  }

  @Test
  void aCancelledItemThatWaitsInASessionIsWithdrawnAndTheTurnThatRunsGoesOn() {
    var session = client.createSession("queued");
    try (var running = client.send(session, "MOCK:{\"text\":\"mine\",\"hang\":true}");
        var all = client.follow(session, "")) {
      running.upTo("message");
      var waiting = item("queued", "not any more").put("sessionId", session);
      var id = add(waiting, Map.of()).get("id").asText();
      var begun = new int[1];
      all.upTo(frame -> frame.event().equals("session_start") && ++begun[0] == 2);

      client.delete("/api/queue/" + id).expect(200);

      assertThat(all.upTo("done"))
          .anyMatch(frame -> frame.data().contains("Turn was withdrawn before it began"));
      client.post("/api/sessions/" + session + "/interrupt?turn=1").expect(200);
      assertThat(running.rest()).extracting(EventStream.Frame::event).endsWith("done");
    }
    assertThat(client.say(session, "next")).noneMatch(f -> f.data().contains("not any more"));
  }

  @Test
  void severalItemsRunAtOnce() {
    var ids =
        List.of("1", "2", "3").stream()
            .map(n -> add(item("queued", "MOCK:{\"hang\":true}"), Map.of()).get("id").asText())
            .toList();
    await()
        .atMost(LIMIT)
        .until(
            () ->
                ids.stream().allMatch(id -> show(id).get("status").asText().equals("processing")));
    ids.forEach(id -> client.delete("/api/queue/" + id).expect(200));
  }

  private static ObjectNode item(String agent, String prompt) {
    return StrictClient.object().put("agentName", agent).put("prompt", prompt);
  }

  private JsonNode add(ObjectNode request, Map<String, String> headers) {
    return send(request, headers).expect(201).json().get("item");
  }

  private StrictClient.Answer send(ObjectNode request, Map<String, String> headers) {
    var all = new java.util.HashMap<>(headers);
    all.put("Content-Type", "application/json");
    return client.send(
        "POST", "/api/queue", all, request.toString().getBytes(StandardCharsets.UTF_8));
  }

  private JsonNode show(String id) {
    return client.get("/api/queue/" + id).expect(200).json().get("item");
  }

  private JsonNode awaitStatus(String id, String status) {
    return await()
        .atMost(LIMIT)
        .until(() -> show(id), item -> item.get("status").asText().equals(status));
  }
}
