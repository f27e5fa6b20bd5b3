package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Optional;

/**
 * A conversation with an agent, and the sandbox it runs in.
 *
 * @param parentSessionId the session it was forked from
 * @param configEtag names the state of its config, for {@code configure}; empty in lists, and where
 *     the server names none
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
    Optional<String> parentSessionId,
    Optional<String> configEtag) {
  public static Session of(JsonNode answer, Optional<String> configEtag) {
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
        fields.textIf("parentSessionId"),
        configEtag);
  }
}
