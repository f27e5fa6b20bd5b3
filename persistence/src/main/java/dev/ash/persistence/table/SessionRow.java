package dev.ash.persistence.table;

import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.time.Instant;
import java.util.Optional;

/**
 * A session as the directory lists it.
 *
 * @param status a wire status
 * @param envJson JSON object of the environment; empty in a write keeps what is stored, and a row
 *     that was read always has one. Not for logs: it may hold secrets
 * @param sequence journal sequence of the event this row shows; a row never goes back behind it
 */
public record SessionRow(
    SessionId id,
    TenantId tenant,
    AgentName agent,
    String status,
    Optional<SessionId> parent,
    String settingsJson,
    Optional<String> envJson,
    Instant createdAt,
    Instant lastActiveAt,
    long sequence) {

  /** This row, or the other when that one is not older; the environment of whichever has one. */
  SessionRow mergedWith(SessionRow later) {
    return later.sequence >= sequence
        ? later.withEnv(later.envJson.or(this::envJson))
        : withEnv(envJson.or(later::envJson));
  }

  private SessionRow withEnv(Optional<String> other) {
    return new SessionRow(
        id, tenant, agent, status, parent, settingsJson, other, createdAt, lastActiveAt, sequence);
  }

  @Override
  public String toString() {
    return "SessionRow[%s %s %s %s @%d]".formatted(id, tenant, agent, status, sequence);
  }
}
