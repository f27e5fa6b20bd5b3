package dev.ash.client;

import dev.ash.client.http.Call;
import dev.ash.client.http.Connection;
import dev.ash.client.http.Query;
import dev.ash.client.model.Analytics;
import dev.ash.client.model.UsageEvent;
import dev.ash.client.model.UsageFilter;
import dev.ash.client.model.UsageStats;
import java.util.List;

/** What turns used: {@code /api/usage}. */
public final class Usage {
  private final Connection connection;

  Usage(Connection connection) {
    this.connection = connection;
  }

  /** Up to {@code limit} (1 to 1000) figures, the newest first. */
  public List<UsageEvent> list(UsageFilter filter, int limit) {
    var query = filtered("/api/usage", filter).and("limit", limit);
    var answer = connection.json(Call.get(query.toString()));
    return answer.path("events").valueStream().map(UsageEvent::of).toList();
  }

  public UsageStats stats(UsageFilter filter) {
    var query = filtered("/api/usage/stats", filter);
    return UsageStats.of(connection.json(Call.get(query.toString())).path("stats"));
  }

  /** All of a tenant in one answer. */
  public Analytics analytics() {
    return Analytics.of(connection.json(Call.get("/api/analytics")));
  }

  private static Query filtered(String path, UsageFilter filter) {
    return new Query(path)
        .andIf("sessionId", filter.sessionId())
        .andIf("agentName", filter.agentName())
        .andIf("after", filter.after())
        .andIf("before", filter.before());
  }
}
