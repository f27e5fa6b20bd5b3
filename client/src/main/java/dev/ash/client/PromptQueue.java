package dev.ash.client;

import dev.ash.client.http.Call;
import dev.ash.client.http.Connection;
import dev.ash.client.http.Paths;
import dev.ash.client.http.Query;
import dev.ash.client.model.NewQueueItem;
import dev.ash.client.model.QueueItem;
import dev.ash.client.model.QueueStats;
import java.util.List;
import java.util.function.Supplier;

/** Prompts that are run when there is room: {@code /api/queue}. */
public final class PromptQueue {
  private static final String PATH = "/api/queue";

  private final Connection connection;
  private final Supplier<String> newKey;

  PromptQueue(Connection connection, Supplier<String> newKey) {
    this.connection = connection;
    this.newKey = newKey;
  }

  public QueueItem add(NewQueueItem item) {
    var key = item.idempotencyKey().orElseGet(newKey);
    return item(Call.post(PATH, item.json()).once(key));
  }

  /** Up to {@code limit} (1 to 500) items, the newest first. */
  public List<QueueItem> list(int limit) {
    return items(new Query(PATH).and("limit", limit));
  }

  /** Those of one status: {@code pending}, {@code processing}, {@code completed} and so on. */
  public List<QueueItem> list(String status, int limit) {
    return items(new Query(PATH).and("status", status).and("limit", limit));
  }

  public QueueItem get(String id) {
    return item(Call.get(PATH + "/" + Paths.segment(id)));
  }

  /** Takes an item back that does not run yet. */
  public QueueItem cancel(String id) {
    return item(Call.delete(PATH + "/" + Paths.segment(id)));
  }

  public QueueStats stats() {
    return QueueStats.of(connection.json(Call.get(PATH + "/stats")).path("stats"));
  }

  private QueueItem item(Call call) {
    return QueueItem.of(connection.json(call).path("item"));
  }

  private List<QueueItem> items(Query query) {
    var answer = connection.json(Call.get(query.toString()));
    return answer.path("items").valueStream().map(QueueItem::of).toList();
  }
}
