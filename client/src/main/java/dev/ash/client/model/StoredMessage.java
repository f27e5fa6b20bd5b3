package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;

/**
 * A message of a session as it is kept.
 *
 * @param role {@code user} or {@code assistant}
 * @param content JSON: what was sent, or what the agent's SDK gave
 * @param sequence from 1 in each session; a cursor
 */
public record StoredMessage(
    String id, String sessionId, String role, String content, long sequence, Instant createdAt) {
  public static StoredMessage of(JsonNode answer) {
    var fields = new Fields(answer);
    return new StoredMessage(
        fields.text("id"),
        fields.text("sessionId"),
        fields.text("role"),
        fields.text("content"),
        fields.count("sequence"),
        fields.time("createdAt"));
  }
}
