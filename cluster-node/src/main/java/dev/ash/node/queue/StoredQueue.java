package dev.ash.node.queue;

import static dev.ash.protocol.session.Rejection.Code.INVALID;
import static dev.ash.protocol.session.Rejection.Code.NOT_FOUND;
import static dev.ash.protocol.session.Rejection.Code.NO_CAPACITY;
import static dev.ash.protocol.session.Rejection.Code.WRONG_STATE;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.persistence.table.QueueRow;
import dev.ash.persistence.table.QueueTable;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.json.Json;
import dev.ash.protocol.session.Rejection;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** The queue in its table. Threads may share it. */
final class StoredQueue implements Queue {
  private final QueueTable table;
  private final int maxWaiting;
  private final Runnable added;
  private final InstantSource clock;
  private final Supplier<UUID> ids;
  private final Executor blocking;

  /**
   * The queue of a node.
   *
   * @param maxWaiting items of one tenant that may wait
   * @param added told of each new item
   */
  StoredQueue(
      QueueTable table,
      int maxWaiting,
      Runnable added,
      InstantSource clock,
      Supplier<UUID> ids,
      Executor blocking) {
    this.table = table;
    this.maxWaiting = maxWaiting;
    this.added = added;
    this.clock = clock;
    this.ids = ids;
    this.blocking = blocking;
  }

  @Override
  public CompletionStage<Result<Item>> add(TenantId tenant, NewItem item) {
    return blocking(() -> insert(tenant, item));
  }

  private Result<Item> insert(TenantId tenant, NewItem item) {
    var wanted = row(tenant, item);
    var known = item.idempotencyKey().flatMap(_ -> table.find(tenant, wanted.id()));
    if (known.isEmpty()) {
      var waiting = table.countByStatus(tenant).getOrDefault(Status.PENDING.wireName(), 0L);
      if (waiting >= maxWaiting) {
        return refused(
            NO_CAPACITY, "Queue has %d items waiting (at most %d)".formatted(waiting, maxWaiting));
      }
    }
    var stored = known.orElseGet(() -> table.insert(wanted));
    if (!isSame(stored, wanted)) {
      return refused(INVALID, "Idempotency-Key was used before with another request");
    }
    added.run();
    return new Result.Ok<>(item(stored));
  }

  private QueueRow row(TenantId tenant, NewItem item) {
    return new QueueRow(
        item.idempotencyKey().map(key -> named(tenant, key)).orElseGet(ids).toString(),
        tenant,
        item.agent(),
        Json.write(item.prompt()),
        item.session(),
        item.session().isPresent(),
        Status.PENDING.wireName(),
        item.priority(),
        0,
        item.maxRetries(),
        Optional.empty(),
        clock.instant().truncatedTo(ChronoUnit.MILLIS),
        Optional.empty(),
        Optional.empty(),
        0,
        0,
        Optional.empty());
  }

  /** A key names its item, so that it finds the same one whatever failed between. */
  private static UUID named(TenantId tenant, String key) {
    var name = Json.mapper().createArrayNode().add(tenant.value()).add(key).toString();
    var hex = Digest.of(name.getBytes(StandardCharsets.UTF_8)).hex();
    var high = Long.parseUnsignedLong(hex.substring(0, 16), 16);
    var low = Long.parseUnsignedLong(hex.substring(16, 32), 16);
    return new UUID((high & ~0xF000L) | 0x8000L, (low & ~(3L << 62)) | (2L << 62));
  }

  /** Whether it is the same that was asked for, whatever has become of it. */
  private static boolean isSame(QueueRow stored, QueueRow wanted) {
    return stored.tenant().equals(wanted.tenant())
        && stored.agent().equals(wanted.agent())
        && stored.promptJson().equals(wanted.promptJson())
        && stored.sessionGiven() == wanted.sessionGiven()
        && (!stored.sessionGiven() || stored.session().equals(wanted.session()))
        && stored.priority() == wanted.priority()
        && stored.maxRetries() == wanted.maxRetries();
  }

  @Override
  public CompletionStage<List<Item>> list(TenantId tenant, Optional<Status> status, int limit) {
    return blocking(
        () ->
            table.list(tenant, status.map(Status::wireName), limit).stream()
                .map(StoredQueue::item)
                .toList());
  }

  @Override
  public CompletionStage<Map<Status, Long>> stats(TenantId tenant) {
    return blocking(
        () -> {
          var stored = table.countByStatus(tenant);
          var counts = new EnumMap<Status, Long>(Status.class);
          for (var status : Status.values()) {
            counts.put(status, stored.getOrDefault(status.wireName(), 0L));
          }
          return counts;
        });
  }

  @Override
  public CompletionStage<Optional<Item>> find(TenantId tenant, String id) {
    return blocking(() -> table.find(tenant, id).map(StoredQueue::item));
  }

  @Override
  public CompletionStage<Result<Item>> cancel(TenantId tenant, String id) {
    return blocking(
        () -> {
          var cancelled = table.cancel(tenant, id);
          if (cancelled.isPresent()) {
            return new Result.Ok<>(item(cancelled.get()));
          }
          return table
              .find(tenant, id)
              .<Result<Item>>map(
                  row ->
                      refused(
                          WRONG_STATE, "Cannot cancel item with status \"" + row.status() + "\""))
              .orElseGet(() -> refused(NOT_FOUND, "Queue item not found"));
        });
  }

  private static Item item(QueueRow row) {
    return new Item(
        row.id(),
        row.tenant(),
        row.session(),
        row.agent(),
        Json.parse(row.promptJson()).map(JsonNode::asText).orElse(""),
        Status.of(row.status())
            .orElseThrow(() -> new IllegalStateException("queue status " + row.status())),
        row.priority(),
        row.retryCount(),
        row.maxRetries(),
        row.error(),
        row.createdAt(),
        row.startedAt(),
        row.completedAt());
  }

  private static <T> Result<T> refused(Rejection.Code code, String detail) {
    return new Result.Refused<>(new Rejection(code, detail));
  }

  private <T> CompletionStage<T> blocking(Supplier<T> work) {
    return CompletableFuture.supplyAsync(work, blocking);
  }
}
