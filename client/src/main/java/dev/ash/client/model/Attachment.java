package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;

/**
 * A file that belongs to a session's conversation.
 *
 * @param messageId {@code unlinked} when it belongs to no message
 * @param size in bytes
 */
public record Attachment(
    String id,
    String sessionId,
    String messageId,
    String filename,
    String mimeType,
    long size,
    Instant createdAt) {
  public static Attachment of(JsonNode answer) {
    var fields = new Fields(answer);
    return new Attachment(
        fields.text("id"),
        fields.text("sessionId"),
        fields.text("messageId"),
        fields.text("filename"),
        fields.text("mimeType"),
        fields.count("size"),
        fields.time("createdAt"));
  }
}
