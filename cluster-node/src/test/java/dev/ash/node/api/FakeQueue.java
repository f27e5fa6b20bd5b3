package dev.ash.node.api;

import dev.ash.node.queue.Queue;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Rejection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The default tenant has one item. */
final class FakeQueue implements Queue {
  static final String ID = "0d0ab0b5-5d8f-4c48-a2fd-5d7a6d0a9a11";
  static final Item ITEM =
      new Item(
          ID,
          TenantId.DEFAULT,
          Optional.of(new SessionId("ac71cc92-120e-4d54-a49a-623d90a9dd68")),
          "helper",
          "say \"hi\"",
          Status.FAILED,
          2,
          1,
          3,
          Optional.of("Agent \"helper\" not found"),
          Instant.parse("2026-11-22T01:02:07.938Z"),
          Optional.of(Instant.parse("2026-11-22T01:02:08Z")),
          Optional.of(Instant.parse("2026-11-22T01:02:09Z")));

  final List<Object> asked = new ArrayList<>();
  Optional<Rejection> refusal = Optional.empty();

  record Added(TenantId tenant, NewItem item) {}

  record Listed(Optional<Status> status, int limit) {}

  private <T> CompletionStage<Result<T>> answer(T value) {
    return CompletableFuture.completedStage(
        refusal.<Result<T>>map(Result.Refused::new).orElseGet(() -> new Result.Ok<>(value)));
  }

  @Override
  public CompletionStage<Result<Item>> add(TenantId tenant, NewItem item) {
    asked.add(new Added(tenant, item));
    return answer(
        new Item(
            ID,
            tenant,
            item.session(),
            item.agent(),
            item.prompt(),
            Status.PENDING,
            item.priority(),
            0,
            item.maxRetries(),
            Optional.empty(),
            ITEM.createdAt(),
            Optional.empty(),
            Optional.empty()));
  }

  @Override
  public CompletionStage<List<Item>> list(TenantId tenant, Optional<Status> status, int limit) {
    asked.add(new Listed(status, limit));
    return CompletableFuture.completedStage(List.of(ITEM));
  }

  @Override
  public CompletionStage<Map<Status, Long>> stats(TenantId tenant) {
    var counts = new EnumMap<Status, Long>(Status.class);
    for (var status : Status.values()) {
      counts.put(status, (long) counts.size());
    }
    return CompletableFuture.completedStage(counts);
  }

  @Override
  public CompletionStage<Optional<Item>> find(TenantId tenant, String id) {
    return CompletableFuture.completedStage(
        Optional.of(ITEM).filter(_ -> tenant.equals(TenantId.DEFAULT) && id.equals(ID)));
  }

  @Override
  public CompletionStage<Result<Item>> cancel(TenantId tenant, String id) {
    return answer(ITEM);
  }
}
