package dev.ash.persistence.table;

import dev.ash.protocol.http.EntityTag;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.TenantId;
import java.time.Instant;

/**
 * A deployed agent.
 *
 * @param version counts deployments, from 1
 * @param path what the wire calls the agent's path
 * @param envJson object of strings; not for logs
 * @param configJson an object
 * @param folder manifest of its files
 * @param revision counts changes of any kind, from 1
 */
public record AgentRow(
    TenantId tenant,
    AgentName name,
    String id,
    int version,
    String path,
    String envJson,
    String configJson,
    Digest folder,
    Instant createdAt,
    Instant updatedAt,
    long revision) {

  /** Names the agent's state; it tells nothing of the environment, which may be secret. */
  public EntityTag tag() {
    return EntityTag.strong(id + "-" + revision);
  }

  public AgentRow withEnv(String json) {
    return new AgentRow(
        tenant, name, id, version, path, json, configJson, folder, createdAt, updatedAt, revision);
  }

  public AgentRow withConfig(String json) {
    return new AgentRow(
        tenant, name, id, version, path, envJson, json, folder, createdAt, updatedAt, revision);
  }

  public AgentRow withFolder(Digest manifest) {
    return new AgentRow(
        tenant,
        name,
        id,
        version,
        path,
        envJson,
        configJson,
        manifest,
        createdAt,
        updatedAt,
        revision);
  }

  AgentRow withRevision(long count) {
    return new AgentRow(
        tenant, name, id, version, path, envJson, configJson, folder, createdAt, updatedAt, count);
  }

  @Override
  public String toString() {
    return "AgentRow[%s/%s v%d %s]".formatted(tenant, name, version, folder);
  }
}
