package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;

/**
 * One figure of one turn.
 *
 * @param type what {@code value} counts, for example {@code input_tokens} or {@code
 *     compute_seconds}
 */
public record UsageEvent(
    String id, String sessionId, String agentName, String type, double value, Instant createdAt) {
  public static UsageEvent of(JsonNode answer) {
    var fields = new Fields(answer);
    return new UsageEvent(
        fields.text("id"),
        fields.text("sessionId"),
        fields.text("agentName"),
        fields.text("eventType"),
        fields.decimal("value"),
        fields.time("createdAt"));
  }
}
