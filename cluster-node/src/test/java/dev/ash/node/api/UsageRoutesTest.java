package dev.ash.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.node.usage.Usage.Query;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.TenantId;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class UsageRoutesTest {
  private static final String STATS =
      "{\"totalInputTokens\":1,\"totalOutputTokens\":2,\"totalCacheCreationTokens\":3,"
          + "\"totalCacheReadTokens\":4,\"totalToolCalls\":5,\"totalMessages\":6,"
          + "\"totalComputeSeconds\":7.5,\"totalCostUsd\":0.25}";
  private static final Query ALL =
      new Query(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
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
  void showsEvents() throws Exception {
    var reply = api.get("/api/usage");

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.body())
        .startsWith(
            "{\"events\":[{\"id\":\"id\",\"tenantId\":\"default\",\"sessionId\":\""
                + FakeUsage.SESSION
                + "\",\"agentName\":\"a\",\"eventType\":\"message\",\"value\":1,"
                + "\"createdAt\":\"2026-11-22T01:02:08.394Z\"}")
        .contains("\"value\":1.25");
    assertThat(api.usage.asked).containsExactly(new FakeUsage.Listed(TenantId.DEFAULT, ALL, 100));
  }

  @Test
  void everyFilterIsHandedOn() throws Exception {
    var query =
        "?sessionId="
            + FakeUsage.SESSION
            + "&agentName=a&after=2026-11-22T02:00:00%2B01:00&before=2026-11-22T03:00:00.5Z";
    var asked =
        new Query(
            Optional.of(FakeUsage.SESSION),
            Optional.of(new AgentName("a")),
            Optional.of(Instant.parse("2026-11-22T01:00:00Z")),
            Optional.of(Instant.parse("2026-11-22T03:00:00.500Z")));
    var other = Map.of("Authorization", "Bearer " + FakeKeys.OTHER);

    assertThat(api.get("/api/usage" + query + "&limit=7").status()).isEqualTo(200);
    assertThat(api.send("GET", "/api/usage/stats" + query, other, "").status()).isEqualTo(200);
    assertThat(api.usage.asked)
        .containsExactly(
            new FakeUsage.Listed(TenantId.DEFAULT, asked, 7),
            new FakeUsage.Summed(new TenantId("other"), asked));
  }

  @Test
  void showsSums() throws Exception {
    assertThat(api.get("/api/usage/stats").body()).isEqualTo("{\"stats\":" + STATS + "}");
    assertThat(api.get("/api/analytics").body())
        .isEqualTo(
            "{\"agents\":{\"total\":2},"
                + "\"sessions\":{\"total\":4,\"byStatus\":{\"active\":3,\"ended\":1}},\"usage\":"
                + STATS
                + ",\"evals\":{\"totalRuns\":1,\"byStatus\":{\"running\":1}}}");
  }

  @Test
  void refusesWhatIsNoFilter() throws Exception {
    assertThat(api.get("/api/usage?limit=0").body()).contains("querystring/limit must be >= 1");
    assertThat(api.get("/api/usage?limit=1001").body())
        .contains("querystring/limit must be <= 1000");
    assertThat(api.get("/api/usage?sessionId=x").body())
        .contains("querystring/sessionId must match format \\\"uuid\\\"");
    for (var path : new String[] {"/api/usage", "/api/usage/stats", "/api/analytics"}) {
      var reply = api.get(path + "?after=yesterday");
      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.body())
          .contains("querystring/after must match format \\\"date-time\\\"", "FST_ERR_VALIDATION");
    }
    assertThat(api.usage.asked).isEmpty();
  }

  @Test
  void whatCannotBeAnAgentUsedNothing() throws Exception {
    assertThat(api.get("/api/usage?agentName=a%20b").body()).isEqualTo("{\"events\":[]}");
    assertThat(api.get("/api/usage/stats?agentName=a%20b").body()).contains("\"totalMessages\":0");
    assertThat(api.usage.asked).isEmpty();
  }
}
