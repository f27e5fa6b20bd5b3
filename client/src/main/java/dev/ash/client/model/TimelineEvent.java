package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Optional;

/**
 * A row of a session's timeline.
 *
 * @param type for example {@code text}, {@code tool_start} or {@code lifecycle}
 * @param data JSON
 * @param sequence from 1 in each session; a cursor
 */
public record TimelineEvent(
    String id,
    String sessionId,
    String type,
    Optional<String> data,
    long sequence,
    Instant createdAt) {
  public static TimelineEvent of(JsonNode answer) {
    var fields = new Fields(answer);
    return new TimelineEvent(
        fields.text("id"),
        fields.text("sessionId"),
        fields.text("type"),
        fields.textIf("data"),
        fields.count("sequence"),
        fields.time("createdAt"));
  }
}
