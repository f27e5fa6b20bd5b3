package dev.ash.node.api;

import static dev.ash.node.api.json.Schema.dateTime;
import static dev.ash.node.api.json.Schema.object;
import static dev.ash.node.api.json.Schema.text;
import static dev.ash.node.api.json.Schema.uuid;
import static dev.ash.node.api.json.Schema.whole;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.LongNode;
import dev.ash.node.api.http.Endpoint;
import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Replies;
import dev.ash.node.api.json.Schema;
import dev.ash.node.usage.Usage;
import dev.ash.node.usage.Usage.Analytics;
import dev.ash.node.usage.Usage.Event;
import dev.ash.node.usage.Usage.Query;
import dev.ash.node.usage.Usage.Stats;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** {@code /api/usage} and {@code /api/analytics} (contract 2.13). */
final class UsageRoutes {
  private static final Schema.Fields TIMES =
      object().with("after", dateTime()).with("before", dateTime());
  private static final Schema.Fields STATS =
      TIMES.with("sessionId", uuid()).with("agentName", text());
  private static final Schema.Fields EVENTS = STATS.with("limit", whole().from(1).to(1000), 100);

  private static final Stats NOTHING = new Stats(0, 0, 0, 0, 0, 0, 0, 0);

  private final Usage usage;

  @JsonPropertyOrder({
    "id",
    "tenantId",
    "sessionId",
    "agentName",
    "eventType",
    "value",
    "createdAt"
  })
  record EventView(
      String id,
      String tenantId,
      String sessionId,
      String agentName,
      String eventType,
      JsonNode value,
      String createdAt) {

    static EventView of(Event event) {
      return new EventView(
          event.id(),
          event.tenant().value(),
          event.session().value(),
          event.agent().value(),
          event.type(),
          number(event.value()),
          Stamp.of(event.createdAt()));
    }
  }

  /** Sums on the wire; the cost is ours, the rest is the contract's. */
  @JsonPropertyOrder({
    "totalInputTokens",
    "totalOutputTokens",
    "totalCacheCreationTokens",
    "totalCacheReadTokens",
    "totalToolCalls",
    "totalMessages",
    "totalComputeSeconds",
    "totalCostUsd"
  })
  record StatsView(
      JsonNode totalInputTokens,
      JsonNode totalOutputTokens,
      JsonNode totalCacheCreationTokens,
      JsonNode totalCacheReadTokens,
      JsonNode totalToolCalls,
      JsonNode totalMessages,
      JsonNode totalComputeSeconds,
      JsonNode totalCostUsd) {

    static StatsView of(Stats stats) {
      return new StatsView(
          number(stats.inputTokens()),
          number(stats.outputTokens()),
          number(stats.cacheCreationTokens()),
          number(stats.cacheReadTokens()),
          number(stats.toolCalls()),
          number(stats.messages()),
          number(stats.computeSeconds()),
          number(stats.costUsd()));
    }
  }

  record TotalView(int total) {}

  @JsonPropertyOrder({"total", "byStatus"})
  record SessionsView(long total, Map<String, Long> byStatus) {}

  @JsonPropertyOrder({"totalRuns", "byStatus"})
  record EvalsView(long totalRuns, Map<String, Long> byStatus) {}

  @JsonPropertyOrder({"agents", "sessions", "usage", "evals"})
  record AnalyticsView(TotalView agents, SessionsView sessions, StatsView usage, EvalsView evals) {

    static AnalyticsView of(Analytics analytics) {
      var byStatus = new TreeMap<>(analytics.sessionsByStatus());
      var runs = new TreeMap<>(analytics.runsByStatus());
      return new AnalyticsView(
          new TotalView(analytics.agents()),
          new SessionsView(total(byStatus), byStatus),
          StatsView.of(analytics.usage()),
          new EvalsView(total(runs), runs));
    }

    private static long total(Map<String, Long> byStatus) {
      return byStatus.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  UsageRoutes(Usage usage) {
    this.usage = usage;
  }

  List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get("/api/usage", this::events).withQuery(EVENTS),
        Endpoint.get("/api/usage/stats", this::stats).withQuery(STATS),
        Endpoint.get("/api/analytics", this::analytics).withQuery(TIMES));
  }

  private CompletionStage<HttpResponse> events(Exchange exchange) {
    var limit = exchange.query().path("limit").asInt();
    var events =
        isOfNoAgent(exchange)
            ? CompletableFuture.completedStage(List.<Event>of())
            : usage.events(exchange.tenant(), query(exchange), limit);
    return events.thenApply(
        all -> Replies.ok(Map.of("events", all.stream().map(EventView::of).toList())));
  }

  private CompletionStage<HttpResponse> stats(Exchange exchange) {
    var stats =
        isOfNoAgent(exchange)
            ? CompletableFuture.completedStage(NOTHING)
            : usage.stats(exchange.tenant(), query(exchange));
    return stats.thenApply(sums -> Replies.ok(Map.of("stats", StatsView.of(sums))));
  }

  private CompletionStage<HttpResponse> analytics(Exchange exchange) {
    var query =
        new Query(
            Optional.empty(), Optional.empty(), time(exchange, "after"), time(exchange, "before"));
    return usage
        .analytics(exchange.tenant(), query)
        .thenApply(analytics -> Replies.ok(AnalyticsView.of(analytics)));
  }

  private static Query query(Exchange exchange) {
    return new Query(
        exchange
            .query("sessionId")
            .flatMap(text -> SessionId.parse(text.substring(text.lastIndexOf(':') + 1))),
        agent(exchange).map(AgentName::new),
        time(exchange, "after"),
        time(exchange, "before"));
  }

  /** What cannot be a name is the name of no agent. */
  private static boolean isOfNoAgent(Exchange exchange) {
    return agent(exchange).filter(name -> !AgentName.isValid(name)).isPresent();
  }

  private static Optional<String> agent(Exchange exchange) {
    return exchange.query("agentName").filter(name -> !name.isEmpty());
  }

  private static Optional<Instant> time(Exchange exchange, String name) {
    return exchange.query(name).map(text -> OffsetDateTime.parse(text).toInstant());
  }

  /** A whole number is written without a fraction, as the contract's clients see it. */
  private static JsonNode number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? LongNode.valueOf((long) value)
        : DoubleNode.valueOf(value);
  }
}
