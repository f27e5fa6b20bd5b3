package dev.ash.node.faults;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.node.e2e.StartedNode;
import dev.ash.node.e2e.StrictClient;
import dev.ash.node.e2e.StrictClient.Answer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A node whose disk is full says so, loses nothing that it promised, and goes on by itself. */
final class FullDiskIT {
  private static final int DISK_MB = 96;

  /** About six seconds of lines. */
  private static final String LONG =
      "MOCK:{\"messages\":200,\"chunks\":1,\"chunkDelayMs\":30,\"text\":\"word\"}";

  private static StartedNode start(SmallDisk disk) throws Exception {
    var node = StartedNode.start(Map.of("ASH_DATA_DIR", disk.folder().resolve("data").toString()));
    node.client().post("/api/agents", "{\"name\":\"a\",\"systemPrompt\":\"# a\"}").expect(201);
    return node;
  }

  private static String file(String path, int size) {
    var body = StrictClient.object();
    body.putArray("files")
        .addObject()
        .put("path", path)
        .put("content", Base64.getEncoder().encodeToString("x".repeat(size).getBytes(UTF_8)));
    return body.toString();
  }

  private static void assertClearError(Answer answer) {
    assertThat(answer.status()).as(answer.toString()).isGreaterThanOrEqualTo(500);
    assertThat(answer.json().get("error").asText()).as(answer.toString()).isNotBlank();
    assertThat(answer.json().get("statusCode").asInt()).isEqualTo(answer.status());
  }

  @Test
  void whatCannotBeStoredIsRefusedAndWhatWasAcknowledgedStays() throws Exception {
    try (var disk = SmallDisk.mount(DISK_MB);
        var node = start(disk)) {
      var client = node.client();
      var warm = client.createSession("a");
      client.say(warm, "MOCK:{\"write\":{\"path\":\"kept.txt\",\"text\":\"kept\"}}");
      var cold = client.createSession("a");
      var before = Evidence.replay(node, warm, 1);
      disk.fill();

      // what fits into room that SQLite already had may go through: then it must be kept
      var acknowledged = new ArrayList<>(List.of(warm, cold));
      for (var i = 0; i < 2; i++) {
        var answer = client.post("/api/sessions", "{\"agent\":\"a\"}");
        if (answer.status() == 201) {
          acknowledged.add(answer.json().at("/session/id").asText());
        } else {
          assertClearError(answer);
        }
      }
      assertClearError(
          client.post(
              "/api/agents",
              StrictClient.object()
                  .put("name", "b")
                  .setAll(asObject(file("f", 300_000)))
                  .toString()));
      var uploaded = client.post("/api/sessions/" + warm + "/files", file("up.bin", 300_000));
      if (uploaded.status() == 200) {
        assertThat(uploaded.json().at("/files/0/written").asBoolean())
            .as(uploaded.toString())
            .isFalse();
      } else {
        assertClearError(uploaded);
      }
      for (var session : List.of(warm, cold)) {
        try (var stream = client.send(session, "hello, full disk")) {
          if (stream.status() == 200) {
            assertThat(stream.rest()).extracting(frame -> frame.event()).endsWith("done");
          } else {
            assertThat(stream.status()).as(stream.refusal()).isGreaterThanOrEqualTo(500);
          }
        }
      }
      assertThat(node.isAlive()).isTrue();
      client.get("/health").expect(200);

      disk.free();
      for (var session : acknowledged) {
        await()
            .atMost(Duration.ofSeconds(60))
            .untilAsserted(
                () -> {
                  try (var stream = client.send(session, "hello again")) {
                    assertThat(stream.status()).as(node::output).isEqualTo(200);
                    assertThat(stream.rest())
                        .extracting(frame -> frame.event())
                        .endsWith("done")
                        .doesNotContain("error");
                  }
                });
      }
      assertThat(
              client.get("/api/sessions?limit=100").json().get("sessions").findValuesAsText("id"))
          .containsExactlyInAnyOrderElementsOf(acknowledged);
      assertThat(client.exec(warm, "cat kept.txt").get("stdout").asText()).isEqualTo("kept");
      assertThat(Evidence.replay(node, warm, 1)).isEqualTo(before);
      client.post("/api/agents", "{\"name\":\"c\",\"systemPrompt\":\"# c\"}").expect(201);
    }
  }

  private static ObjectNode asObject(String json) {
    return (ObjectNode) StrictClient.json(json);
  }

  @Test
  void aTurnThatRunsWhileTheDiskFillsGoesOnWhenThereIsSpace() throws Exception {
    try (var disk = SmallDisk.mount(DISK_MB);
        var node = start(disk)) {
      var client = node.client();
      var session = client.createSession("a");
      client.say(session, "hello");
      try (var turn = Watcher.of(client.send(session, LONG)).await(20, Evidence::isMessage)) {
        disk.fill();
        await()
            .atMost(Duration.ofSeconds(30))
            .untilAsserted(() -> assertThat(node.output()).contains("full"));
        disk.free();
        Evidence.awaitEnds(node, session, 2);
        var replay = Evidence.replay(node, session, 2);
        Evidence.assertHistories(client, session, replay);
        assertThat(Evidence.count(replay, "done")).isEqualTo(2);
        var seen = turn.awaitEnd().frames();
        Evidence.assertWhole(replay, seen, List.of());
        assertThat(Evidence.count(replay, "error")).as(turn::text).isZero();
      }
      assertThat(client.say(session, "hello"))
          .extracting(frame -> frame.event())
          .endsWith("done")
          .doesNotContain("error");
    }
  }
}
