package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Optional;

/**
 * A prompt that is run when there is room.
 *
 * @param status a word: pending, processing, completed, failed or cancelled
 * @param priority the highest goes first
 */
public record QueueItem(
    String id,
    Optional<String> sessionId,
    String agentName,
    String prompt,
    String status,
    int priority,
    int retryCount,
    int maxRetries,
    Optional<String> error,
    Instant createdAt,
    Optional<Instant> startedAt,
    Optional<Instant> completedAt) {
  public static QueueItem of(JsonNode answer) {
    var fields = new Fields(answer);
    return new QueueItem(
        fields.text("id"),
        fields.textIf("sessionId"),
        fields.text("agentName"),
        fields.text("prompt"),
        fields.text("status"),
        fields.number("priority"),
        fields.number("retryCount"),
        fields.number("maxRetries"),
        fields.textIf("error"),
        fields.time("createdAt"),
        fields.timeIf("startedAt"),
        fields.timeIf("completedAt"));
  }
}
