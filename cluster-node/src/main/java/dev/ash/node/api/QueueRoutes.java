package dev.ash.node.api;

import static dev.ash.node.api.json.Schema.object;
import static dev.ash.node.api.json.Schema.oneOf;
import static dev.ash.node.api.json.Schema.text;
import static dev.ash.node.api.json.Schema.uuid;
import static dev.ash.node.api.json.Schema.whole;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.ash.node.api.http.Endpoint;
import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Problems;
import dev.ash.node.api.http.Replies;
import dev.ash.node.api.json.Schema;
import dev.ash.node.queue.Queue;
import dev.ash.node.queue.Queue.Item;
import dev.ash.node.queue.Queue.NewItem;
import dev.ash.node.queue.Queue.Status;
import dev.ash.protocol.id.SessionId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/** {@code /api/queue} (contract 2.12). */
final class QueueRoutes {
  private static final String NOT_FOUND = "Queue item not found";

  private static final Schema.Fields NEW =
      object()
          .required("agentName", text().matching(Wire.NO_NUL))
          .required("prompt", text().between(1, Integer.MAX_VALUE))
          .with("sessionId", uuid())
          .with("priority", whole().from(0).to(Integer.MAX_VALUE), 0)
          .with("maxRetries", whole().from(0).to(Integer.MAX_VALUE), 3);

  private static final Schema.Fields LISTING =
      object()
          .with("status", oneOf("pending", "processing", "completed", "failed", "cancelled"))
          .with("limit", whole().from(1).to(500), 50);

  private static final Schema.Fields ITEM_ID = object().required("id", uuid());

  private final Queue queue;

  /** An item on the wire. */
  @JsonPropertyOrder({
    "id",
    "tenantId",
    "sessionId",
    "agentName",
    "prompt",
    "status",
    "priority",
    "retryCount",
    "maxRetries",
    "error",
    "createdAt",
    "startedAt",
    "completedAt"
  })
  record ItemView(
      String id,
      String tenantId,
      @Nullable String sessionId,
      String agentName,
      String prompt,
      String status,
      int priority,
      int retryCount,
      int maxRetries,
      @Nullable String error,
      String createdAt,
      @Nullable String startedAt,
      @Nullable String completedAt) {

    static ItemView of(Item item) {
      return new ItemView(
          item.id(),
          item.tenant().value(),
          item.session().map(SessionId::value).orElse(null),
          item.agent(),
          item.prompt(),
          item.status().wireName(),
          item.priority(),
          item.retryCount(),
          item.maxRetries(),
          item.error().orElse(null),
          Stamp.of(item.createdAt()),
          item.startedAt().map(Stamp::of).orElse(null),
          item.completedAt().map(Stamp::of).orElse(null));
    }
  }

  QueueRoutes(Queue queue) {
    this.queue = queue;
  }

  List<Endpoint> endpoints() {
    return List.of(
        Endpoint.post("/api/queue", NEW, this::add).withShortFaults(),
        Endpoint.get("/api/queue", this::list).withQuery(LISTING),
        Endpoint.get("/api/queue/stats", this::stats),
        Endpoint.get("/api/queue/:id", this::find).withParams(ITEM_ID),
        Endpoint.delete("/api/queue/:id", this::cancel).withParams(ITEM_ID).withShortFaults());
  }

  private CompletionStage<HttpResponse> add(Exchange exchange) {
    return IdempotencyKey.of(exchange)
        .then(
            key ->
                queue
                    .add(
                        exchange.tenant(),
                        new NewItem(
                            exchange.field("agentName").orElseThrow(),
                            exchange.field("prompt").orElseThrow(),
                            exchange.field("sessionId").map(Exchange::uuid).map(SessionId::new),
                            exchange.body().path("priority").asInt(),
                            exchange.body().path("maxRetries").asInt(),
                            key))
                    .thenApply(answer(item -> view(201, item))));
  }

  private CompletionStage<HttpResponse> list(Exchange exchange) {
    return queue
        .list(
            exchange.tenant(),
            exchange.query("status").flatMap(Status::of),
            exchange.query().path("limit").asInt())
        .thenApply(items -> Replies.ok(Map.of("items", items.stream().map(ItemView::of).toList())));
  }

  private CompletionStage<HttpResponse> stats(Exchange exchange) {
    return queue
        .stats(exchange.tenant())
        .thenApply(
            counts -> {
              var view = new LinkedHashMap<String, Long>();
              counts.forEach((status, count) -> view.put(status.wireName(), count));
              return Replies.ok(Map.of("stats", view));
            });
  }

  private CompletionStage<HttpResponse> find(Exchange exchange) {
    return queue
        .find(exchange.tenant(), Exchange.uuid(exchange.param("id")))
        .thenApply(
            item ->
                item.map(found -> view(200, found)).orElseGet(() -> Problems.of(404, NOT_FOUND)));
  }

  private CompletionStage<HttpResponse> cancel(Exchange exchange) {
    return queue
        .cancel(exchange.tenant(), Exchange.uuid(exchange.param("id")))
        .thenApply(answer(item -> view(200, item)));
  }

  private static HttpResponse view(int status, Item item) {
    return Replies.json(status, Map.of("item", ItemView.of(item)));
  }

  private static <T> Function<Queue.Result<T>, HttpResponse> answer(Function<T, HttpResponse> ok) {
    return result ->
        switch (result) {
          case Queue.Result.Ok<T>(var value) -> ok.apply(value);
          case Queue.Result.Refused<T>(var why) -> Problems.of(why);
        };
  }
}
