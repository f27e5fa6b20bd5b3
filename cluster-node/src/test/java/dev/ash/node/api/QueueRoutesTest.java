package dev.ash.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.queue.Queue.NewItem;
import dev.ash.node.queue.Queue.Status;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Rejection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Contract 2.12. */
final class QueueRoutesTest {
  private static final String BAD_REQUEST = "{\"error\":\"Bad Request\",\"statusCode\":400}";
  private ApiServer api;

  @BeforeEach
  void start() throws Exception {
    api = new ApiServer();
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  void takesAnItemWithDefaults() throws Exception {
    var reply = api.post("/api/queue", "{\"agentName\":\"a\",\"prompt\":\"do it\"}");

    assertThat(reply.status()).isEqualTo(201);
    assertThat(reply.body())
        .isEqualTo(
            "{\"item\":{\"id\":\"0d0ab0b5-5d8f-4c48-a2fd-5d7a6d0a9a11\",\"tenantId\":\"default\","
                + "\"sessionId\":null,\"agentName\":\"a\",\"prompt\":\"do it\","
                + "\"status\":\"pending\",\"priority\":0,\"retryCount\":0,\"maxRetries\":3,"
                + "\"error\":null,\"createdAt\":\"2026-11-22T01:02:07.938Z\","
                + "\"startedAt\":null,\"completedAt\":null}}");
    assertThat(api.queue.asked)
        .containsExactly(
            new FakeQueue.Added(
                TenantId.DEFAULT,
                new NewItem("a", "do it", Optional.empty(), 0, 3, Optional.empty())));
  }

  @Test
  void takesAnItemWithEverything() throws Exception {
    var headers =
        Map.of(
            "Authorization", "Bearer " + FakeKeys.OTHER,
            "Idempotency-Key", "once",
            "Content-Type", "application/json");
    var body =
        "{\"agentName\":\"a\",\"prompt\":\"p\",\"priority\":\"7\",\"maxRetries\":0,"
            + "\"sessionId\":\"AC71CC92-120E-4D54-A49A-623D90A9DD68\",\"unknown\":1}";

    assertThat(api.send("POST", "/api/queue", headers, body).status()).isEqualTo(201);
    assertThat(api.queue.asked)
        .containsExactly(
            new FakeQueue.Added(
                new TenantId("other"),
                new NewItem(
                    "a",
                    "p",
                    Optional.of(new SessionId("ac71cc92-120e-4d54-a49a-623d90a9dd68")),
                    7,
                    0,
                    Optional.of("once"))));
  }

  @Test
  void refusesWhatIsNoItem() throws Exception {
    for (var bad :
        List.of(
            "{}",
            "{\"agentName\":\"a\"}",
            "{\"prompt\":\"p\"}",
            "{\"agentName\":\"a\",\"prompt\":\"\"}",
            "{\"agentName\":\"a\\u0000\",\"prompt\":\"p\"}",
            "{\"agentName\":\"a\",\"prompt\":\"p\",\"sessionId\":\"x\"}",
            "{\"agentName\":\"a\",\"prompt\":\"p\",\"priority\":-1}",
            "{\"agentName\":\"a\",\"prompt\":\"p\",\"priority\":1.5}",
            "{\"agentName\":\"a\",\"prompt\":\"p\",\"priority\":9999999999}",
            "{\"agentName\":\"a\",\"prompt\":\"p\",\"maxRetries\":-1}")) {
      var reply = api.post("/api/queue", bad);
      assertThat(reply.status()).as(bad).isEqualTo(400);
      assertThat(reply.body()).isEqualTo(BAD_REQUEST);
    }
    assertThat(api.queue.asked).isEmpty();
    api.queue.refusal =
        Optional.of(new Rejection(Rejection.Code.NO_CAPACITY, "Queue has 5 items waiting"));
    assertThat(api.post("/api/queue", "{\"agentName\":\"a\",\"prompt\":\"p\"}").status())
        .isEqualTo(503);
  }

  @Test
  void showsItems() throws Exception {
    var item =
        "{\"id\":\"0d0ab0b5-5d8f-4c48-a2fd-5d7a6d0a9a11\",\"tenantId\":\"default\","
            + "\"sessionId\":\"ac71cc92-120e-4d54-a49a-623d90a9dd68\",\"agentName\":\"helper\","
            + "\"prompt\":\"say \\\"hi\\\"\",\"status\":\"failed\",\"priority\":2,"
            + "\"retryCount\":1,\"maxRetries\":3,\"error\":\"Agent \\\"helper\\\" not found\","
            + "\"createdAt\":\"2026-11-22T01:02:07.938Z\","
            + "\"startedAt\":\"2026-11-22T01:02:08.000Z\","
            + "\"completedAt\":\"2026-11-22T01:02:09.000Z\"}";
    assertThat(api.get("/api/queue").body()).isEqualTo("{\"items\":[" + item + "]}");
    assertThat(api.get("/api/queue?status=failed&limit=500").status()).isEqualTo(200);
    assertThat(api.queue.asked)
        .containsExactly(
            new FakeQueue.Listed(Optional.empty(), 50),
            new FakeQueue.Listed(Optional.of(Status.FAILED), 500));
    assertThat(api.get("/api/queue/" + FakeQueue.ID).body()).isEqualTo("{\"item\":" + item + "}");
    assertThat(api.get("/api/queue/stats").body())
        .isEqualTo(
            "{\"stats\":{\"pending\":0,\"processing\":1,\"completed\":2,\"failed\":3,"
                + "\"cancelled\":4}}");

    assertThat(api.get("/api/queue?limit=501").body())
        .contains("\"message\":\"querystring/limit must be <= 500\"");
    assertThat(api.get("/api/queue?status=lost").body())
        .contains("querystring/status must be equal to one of the allowed values");
    assertThat(api.get("/api/queue/x").body()).contains("params/id must match format");
    var unknown = api.get("/api/queue/ac71cc92-120e-4d54-a49a-623d90a9dd68");
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(unknown.body()).isEqualTo("{\"error\":\"Queue item not found\",\"statusCode\":404}");
  }

  @Test
  void cancels() throws Exception {
    assertThat(api.delete("/api/queue/" + FakeQueue.ID).status()).isEqualTo(200);
    assertThat(api.delete("/api/queue/x").body()).isEqualTo(BAD_REQUEST);
    api.queue.refusal =
        Optional.of(
            new Rejection(
                Rejection.Code.WRONG_STATE, "Cannot cancel item with status \"completed\""));
    var refused = api.delete("/api/queue/" + FakeQueue.ID);
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.body())
        .isEqualTo(
            "{\"error\":\"Cannot cancel item with status \\\"completed\\\"\",\"statusCode\":400}");
    api.queue.refusal =
        Optional.of(new Rejection(Rejection.Code.NOT_FOUND, "Queue item not found"));
    assertThat(api.delete("/api/queue/" + FakeQueue.ID).status()).isEqualTo(404);
  }
}
