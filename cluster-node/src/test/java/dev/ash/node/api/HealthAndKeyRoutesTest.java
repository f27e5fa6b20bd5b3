package dev.ash.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Contract 8.1, 8.2 and 2.15. */
final class HealthAndKeyRoutesTest {
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
  void tellsEverybodyHowItIs() throws Exception {
    api.now = ApiServer.NOW.plusMillis(42_999);
    var reply = api.anonymous("GET", "/health", Map.of());

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.body())
        .isEqualTo(
            "{\"status\":\"ok\",\"activeSessions\":3,\"activeSandboxes\":7,\"uptime\":42,"
                + "\"pool\":{\"total\":7,\"cold\":0,\"warming\":0,\"warm\":2,\"waiting\":1,"
                + "\"running\":4,\"maxCapacity\":1000,\"resumeWarmHits\":5,\"resumeColdHits\":6,"
                + "\"preWarmHits\":0},\"version\":\"0.2.0\",\"coordinatorId\":\"vm-21844\","
                + "\"remoteRunners\":1,\"isolation\":\"bwrap\"}");
    assertThat(api.anonymous("GET", "/health?x=1", Map.of()).status()).isEqualTo(200);
  }

  @Test
  void asksForFiguresOnceASecondAtMost() throws Exception {
    for (var i = 0; i < 5; i++) {
      assertThat(api.anonymous("GET", "/health", Map.of()).status()).isEqualTo(200);
      assertThat(api.anonymous("GET", "/metrics", Map.of()).status()).isEqualTo(200);
    }
    assertThat(api.sessions.statsAsked).hasValue(1);

    api.now = ApiServer.NOW.plusSeconds(1);
    assertThat(api.anonymous("GET", "/health", Map.of()).status()).isEqualTo(200);
    assertThat(api.sessions.statsAsked).hasValue(2);
  }

  @Test
  void showsMetricsToEverybody() throws Exception {
    api.now = ApiServer.NOW.plusSeconds(44);
    var reply = api.anonymous("GET", "/metrics", Map.of());

    assertThat(reply.header("content-type")).isEqualTo("text/plain; version=0.0.4; charset=utf-8");
    assertThat(reply.body())
        .isEqualTo(
            """
            # HELP ash_up Whether the Ash server is up (always 1 if reachable).
            # TYPE ash_up gauge
            ash_up{coordinator="vm-21844"} 1

            # HELP ash_uptime_seconds Seconds since server start.
            # TYPE ash_uptime_seconds gauge
            ash_uptime_seconds 44

            # HELP ash_active_sessions Number of active sessions.
            # TYPE ash_active_sessions gauge
            ash_active_sessions 3

            # HELP ash_active_sandboxes Number of live sandbox processes.
            # TYPE ash_active_sandboxes gauge
            ash_active_sandboxes 7

            # HELP ash_pool_sandboxes Sandbox count by state.
            # TYPE ash_pool_sandboxes gauge
            ash_pool_sandboxes{state="cold"} 0
            ash_pool_sandboxes{state="warming"} 0
            ash_pool_sandboxes{state="warm"} 2
            ash_pool_sandboxes{state="waiting"} 1
            ash_pool_sandboxes{state="running"} 4

            # HELP ash_pool_max_capacity Maximum sandbox capacity.
            # TYPE ash_pool_max_capacity gauge
            ash_pool_max_capacity 1000

            # HELP ash_resume_total Total session resumes by path (warm=sandbox alive, cold=new sandbox).
            # TYPE ash_resume_total counter
            ash_resume_total{path="warm"} 5
            ash_resume_total{path="cold"} 6
            ash_resume_total{path="prewarm"} 0

            # HELP ash_resume_cold_total Cold resume breakdown by workspace source.
            # TYPE ash_resume_cold_total counter
            ash_resume_cold_total{source="local"} 1
            ash_resume_cold_total{source="cloud"} 2
            ash_resume_cold_total{source="fresh"} 3

            extra 1
            """);
  }

  @Test
  void managesKeys() throws Exception {
    assertThat(api.get("/api/api-keys").body())
        .isEqualTo(
            "{\"keys\":[{\"id\":\"env\",\"label\":\"ASH_API_KEY (environment variable)\","
                + "\"keyPrefix\":\"test-key••••\",\"createdAt\":\"\"},"
                + "{\"id\":\"k1\",\"label\":\"mine\",\"keyPrefix\":\"••••••••\","
                + "\"createdAt\":\"2026-11-22T01:02:07.938Z\"}]}");
    var made = api.post("/api/api-keys", "{\"label\":\"ci\"}");
    assertThat(made.status()).isEqualTo(201);
    assertThat(made.body()).isEqualTo("{\"id\":\"id-ci\",\"key\":\"ash_new\"}");
    assertThat(api.post("/api/api-keys").body())
        .isEqualTo("{\"id\":\"id-dashboard-key\",\"key\":\"ash_new\"}");
    assertThat(api.post("/api/api-keys", "[]").body())
        .contains("\"message\":\"body must be object\"");

    assertThat(api.delete("/api/api-keys/k1").status()).isEqualTo(204);
    var unknown = api.delete("/api/api-keys/env");
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(unknown.body()).isEqualTo("{\"error\":\"API key not found\"}");
  }

  @Test
  void listsTheNodesThatHostSandboxesByFreePlaces() throws Exception {
    assertThat(internal("GET", "", "").body())
        .isEqualTo(
            "{\"runners\":[{\"runnerId\":\"runner-1\",\"host\":\"10.0.0.2\",\"port\":4200,"
                + "\"active\":1,\"max\":100,\"lastHeartbeat\":\"2026-11-22T10:00:00.123Z\"},"
                + "{\"runnerId\":\"host-1\",\"host\":\"10.0.0.1\",\"port\":4100,\"active\":4,"
                + "\"max\":10,\"lastHeartbeat\":\"2026-11-22T10:00:00.123Z\"}],\"count\":2,"
                + "\"hasLocal\":true}");
    assertThat(api.anonymous("GET", "/api/internal/runners", Map.of()).status()).isEqualTo(401);
  }

  @Test
  void tellsARunnerWhichNodesToJoin() throws Exception {
    var runner = "\"runnerId\":\"r\",\"host\":\"h\",\"port\":4200";

    assertThat(internal("POST", "/register", "{" + runner + ",\"joins\":true}").body())
        .isEqualTo("{\"ok\":true,\"seeds\":[\"10.0.0.1:17355\",\"10.0.0.2:17355\"]}");
    assertThat(
            internal("POST", "/register", "{" + runner + ",\"joins\":true,\"wantsDatabase\":true}")
                .body())
        .endsWith("\"databaseUrl\":\"postgres://ash:pw@db/ash\"}");
    assertThat(internal("POST", "/register", "{\"runnerId\":\"r\"}").body())
        .isEqualTo("{\"error\":\"Missing required fields: runnerId, host, port\"}");
    assertThat(internal("POST", "/register", "{" + runner + "}").status()).isEqualTo(400);
    assertThat(internal("POST", "/heartbeat", "{}").body())
        .isEqualTo("{\"error\":\"Missing runnerId\"}");
    assertThat(internal("POST", "/heartbeat", "{\"runnerId\":\"r\"}").body())
        .isEqualTo("{\"ok\":true}");
  }

  private RawHttp.Reply internal(String method, String path, String json) throws Exception {
    return api.send(
        method,
        "/api/internal/runners" + path,
        Map.of("Authorization", "Bearer s3cret", "Content-Type", "application/json"),
        json);
  }
}
