package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.OptionalDouble;

/** Sums of usage. */
public record UsageStats(
    long inputTokens,
    long outputTokens,
    long cacheCreationTokens,
    long cacheReadTokens,
    long toolCalls,
    long messages,
    double computeSeconds,
    OptionalDouble costUsd) {
  public static UsageStats of(JsonNode answer) {
    var fields = new Fields(answer);
    return new UsageStats(
        fields.count("totalInputTokens"),
        fields.count("totalOutputTokens"),
        fields.count("totalCacheCreationTokens"),
        fields.count("totalCacheReadTokens"),
        fields.count("totalToolCalls"),
        fields.count("totalMessages"),
        fields.decimal("totalComputeSeconds"),
        fields.decimalIf("totalCostUsd"));
  }
}
