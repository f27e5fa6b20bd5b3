package dev.ash.persistence.table;

import dev.ash.protocol.http.EntityTag;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.TenantId;
import java.time.Instant;
import java.util.Optional;

/**
 * A named version of an agent.
 *
 * @param number counts from 1 within the agent
 * @param knowledgeFilesJson an array of strings
 * @param revision counts its changes, from 1
 */
public record VersionRow(
    TenantId tenant,
    AgentName agent,
    int number,
    String id,
    String name,
    Optional<String> systemPrompt,
    Optional<String> releaseNotes,
    Optional<String> knowledgeFilesJson,
    boolean active,
    Instant createdAt,
    Instant updatedAt,
    long revision) {

  /** Names the version's state. */
  public EntityTag tag() {
    return EntityTag.strong(id + "-" + revision);
  }

  /** The same version with another text; number, id and times are the table's business. */
  public VersionRow with(
      String newName,
      Optional<String> newPrompt,
      Optional<String> newNotes,
      Optional<String> newKnowledgeFilesJson) {
    return new VersionRow(
        tenant,
        agent,
        number,
        id,
        newName,
        newPrompt,
        newNotes,
        newKnowledgeFilesJson,
        active,
        createdAt,
        updatedAt,
        revision);
  }
}
