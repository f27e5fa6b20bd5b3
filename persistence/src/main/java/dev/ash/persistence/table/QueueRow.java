package dev.ash.persistence.table;

import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.time.Instant;
import java.util.Optional;

/**
 * An item of the queue.
 *
 * @param promptJson JSON text of a string
 * @param session the one that was asked for, or else the one that the newest attempt has made
 * @param sessionGiven whether it was asked for
 * @param claims how often somebody has begun to work on it
 * @param takeovers how often its owner fell silent in this attempt
 * @param turn the attempt's turn, once it is accepted
 */
public record QueueRow(
    String id,
    TenantId tenant,
    String agent,
    String promptJson,
    Optional<SessionId> session,
    boolean sessionGiven,
    String status,
    int priority,
    int retryCount,
    int maxRetries,
    Optional<String> error,
    Instant createdAt,
    Optional<Instant> startedAt,
    Optional<Instant> completedAt,
    long claims,
    int takeovers,
    Optional<Turn> turn) {

  /**
   * A turn of a session.
   *
   * @param cursor follow from here to get its frames
   */
  public record Turn(long number, String cursor) {}
}
