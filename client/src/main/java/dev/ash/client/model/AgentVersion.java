package dev.ash.client.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A named text of instructions of an agent.
 *
 * @param isActive whether new sessions are instructed by it
 * @param etag names the state that this shows, for {@code ifMatch}; empty in lists, and where the
 *     server names none
 */
public record AgentVersion(
    String id,
    String agentName,
    int number,
    String name,
    Optional<String> systemPrompt,
    Optional<String> releaseNotes,
    boolean isActive,
    List<String> knowledgeFiles,
    Instant createdAt,
    Instant updatedAt,
    Optional<String> etag) {
  public static AgentVersion of(JsonNode answer, Optional<String> etag) {
    var fields = new Fields(answer);
    return new AgentVersion(
        fields.text("id"),
        fields.text("agentName"),
        fields.number("versionNumber"),
        fields.text("name"),
        fields.textIf("systemPrompt"),
        fields.textIf("releaseNotes"),
        fields.flag("isActive"),
        fields.texts("knowledgeFiles"),
        fields.time("createdAt"),
        fields.time("updatedAt"),
        etag);
  }
}
