package dev.ash.node.queue;

import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Rejection;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * The queue as clients use it (contract/ash-api.md sections 1.8 and 2.12). An item of another
 * tenant is one that does not exist.
 */
public interface Queue {

  /** The same idempotency key gives the same item again. */
  CompletionStage<Result<Item>> add(TenantId tenant, NewItem item);

  /** Newest first. */
  CompletionStage<List<Item>> list(TenantId tenant, Optional<Status> status, int limit);

  /** How many items of each status there are; every status is there. */
  CompletionStage<Map<Status, Long>> stats(TenantId tenant);

  CompletionStage<Optional<Item>> find(TenantId tenant, String id);

  /** Also of an item that is worked on: its turn is interrupted a moment later. */
  CompletionStage<Result<Item>> cancel(TenantId tenant, String id);

  /** What was asked for, or why not. */
  sealed interface Result<T> {
    record Ok<T>(T value) implements Result<T> {}

    record Refused<T>(Rejection why) implements Result<T> {}
  }

  /** Where an item is; the last three are for ever. */
  enum Status {
    PENDING,
    PROCESSING,
    COMPLETED,
    FAILED,
    CANCELLED;

    public String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<Status> of(String wireName) {
      return Arrays.stream(values())
          .filter(status -> status.wireName().equals(wireName))
          .findFirst();
    }
  }

  /**
   * What is to be done.
   *
   * @param session empty makes a new one
   */
  record NewItem(
      String agent,
      String prompt,
      Optional<SessionId> session,
      int priority,
      int maxRetries,
      Optional<String> idempotencyKey) {}

  /**
   * An item as the wire shows it.
   *
   * @param session also the one that the item made, in which its answer is
   */
  record Item(
      String id,
      TenantId tenant,
      Optional<SessionId> session,
      String agent,
      String prompt,
      Status status,
      int priority,
      int retryCount,
      int maxRetries,
      Optional<String> error,
      Instant createdAt,
      Optional<Instant> startedAt,
      Optional<Instant> completedAt) {}
}
