package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A deployed agent.
 *
 * @param version grows by one with each deploy
 * @param env the names of its variables; the server masks the values
 * @param etag names the state that this shows, for {@code ifMatch}; empty in lists, and where the
 *     server names none
 */
public record Agent(
    String id,
    String name,
    String tenantId,
    int version,
    String path,
    Map<String, String> env,
    Instant createdAt,
    Instant updatedAt,
    Optional<String> etag) {
  public static Agent of(JsonNode answer, Optional<String> etag) {
    var fields = new Fields(answer);
    return new Agent(
        fields.text("id"),
        fields.text("name"),
        fields.text("tenantId"),
        fields.number("version"),
        fields.text("path"),
        fields.textMap("env"),
        fields.time("createdAt"),
        fields.time("updatedAt"),
        etag);
  }
}
