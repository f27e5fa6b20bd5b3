package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Optional;

/**
 * A conversation with an agent, and the sandbox it runs in.
 *
 * @param parentSessionId the session it was forked from
 */
public record Session(
    String id,
    String agentName,
    String sandboxId,
    SessionStatus status,
    Instant createdAt,
    Instant lastActiveAt,
    Optional<String> tenantId,
    Optional<String> runnerId,
    Optional<String> parentSessionId) {
  public static Session of(JsonNode answer) {
    var fields = new Fields(answer);
    return new Session(
        fields.text("id"),
        fields.text("agentName"),
        fields.text("sandboxId"),
        SessionStatus.of(fields.text("status")),
        fields.time("createdAt"),
        fields.time("lastActiveAt"),
        fields.textIf("tenantId"),
        fields.textIf("runnerId"),
        fields.textIf("parentSessionId"));
  }
}
