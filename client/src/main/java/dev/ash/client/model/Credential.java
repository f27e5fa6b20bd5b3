package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Optional;

/**
 * A stored secret, without the secret.
 *
 * @param type {@code anthropic}, {@code openai}, {@code bedrock} or {@code custom}
 */
public record Credential(
    String id,
    String type,
    String label,
    boolean active,
    Instant createdAt,
    Optional<Instant> lastUsedAt) {
  public static Credential of(JsonNode answer) {
    var fields = new Fields(answer);
    return new Credential(
        fields.text("id"),
        fields.text("type"),
        fields.text("label"),
        fields.flag("active"),
        fields.time("createdAt"),
        fields.timeIf("lastUsedAt"));
  }
}
