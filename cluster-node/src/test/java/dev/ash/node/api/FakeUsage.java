package dev.ash.node.api;

import dev.ash.node.usage.Usage;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A tenant with one turn behind it. */
final class FakeUsage implements Usage {
  static final SessionId SESSION = SessionId.of(new UUID(0x4000, 1));
  final List<Object> asked = new ArrayList<>();

  record Listed(TenantId tenant, Query query, int limit) {}

  record Summed(TenantId tenant, Query query) {}

  @Override
  public CompletionStage<List<Event>> events(TenantId tenant, Query query, int limit) {
    asked.add(new Listed(tenant, query, limit));
    return CompletableFuture.completedStage(
        List.of(event(tenant, "message", 1), event(tenant, "compute_seconds", 1.25)));
  }

  private static Event event(TenantId tenant, String type, double value) {
    return new Event("id", tenant, SESSION, new AgentName("a"), type, value, ApiServer.NOW);
  }

  @Override
  public CompletionStage<Stats> stats(TenantId tenant, Query query) {
    asked.add(new Summed(tenant, query));
    return CompletableFuture.completedStage(new Stats(1, 2, 3, 4, 5, 6, 7.5, 0.25));
  }

  @Override
  public CompletionStage<Analytics> analytics(TenantId tenant, Query query) {
    asked.add(new Summed(tenant, query));
    return CompletableFuture.completedStage(
        new Analytics(
            2,
            Map.of("active", 3L, "ended", 1L),
            new Stats(1, 2, 3, 4, 5, 6, 7.5, 0.25),
            Map.of("running", 1L)));
  }
}
