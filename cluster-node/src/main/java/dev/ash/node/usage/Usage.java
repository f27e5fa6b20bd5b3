package dev.ash.node.usage;

import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** What a tenant's turns used (contract/ash-api.md sections 1.10 and 2.13). */
public interface Usage {

  /** Newest first. Whatever this node's sessions had stored before is in it. */
  CompletionStage<List<Event>> events(TenantId tenant, Query query, int limit);

  CompletionStage<Stats> stats(TenantId tenant, Query query);

  /** {@code query} chooses only which usage is summed up. */
  CompletionStage<Analytics> analytics(TenantId tenant, Query query);

  /** Which usage; times are inclusive. */
  record Query(
      Optional<SessionId> session,
      Optional<AgentName> agent,
      Optional<Instant> after,
      Optional<Instant> before) {}

  /** A row of {@code GET /api/usage}. */
  record Event(
      String id,
      TenantId tenant,
      SessionId session,
      AgentName agent,
      String type,
      double value,
      Instant createdAt) {}

  /**
   * Sums.
   *
   * @param costUsd as the agent's program reckons it
   */
  record Stats(
      double inputTokens,
      double outputTokens,
      double cacheCreationTokens,
      double cacheReadTokens,
      double toolCalls,
      double messages,
      double computeSeconds,
      double costUsd) {}

  /** A tenant at a glance. */
  record Analytics(
      int agents, Map<String, Long> sessionsByStatus, Stats usage, Map<String, Long> runsByStatus) {
    public Analytics {
      sessionsByStatus = Map.copyOf(sessionsByStatus);
      runsByStatus = Map.copyOf(runsByStatus);
    }
  }
}
