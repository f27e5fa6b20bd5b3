package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;

/** A tenant's totals. */
public record Analytics(long agents, long sessions, long evalRuns, UsageStats usage) {
  public static Analytics of(JsonNode answer) {
    return new Analytics(
        answer.path("agents").path("total").asLong(),
        answer.path("sessions").path("total").asLong(),
        answer.path("evals").path("totalRuns").asLong(),
        UsageStats.of(answer.path("usage")));
  }
}
