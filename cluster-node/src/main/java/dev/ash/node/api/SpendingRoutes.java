package dev.ash.node.api;

import static dev.ash.node.api.json.Schema.number;
import static dev.ash.node.api.json.Schema.object;
import static dev.ash.node.api.json.Schema.oneOf;
import static dev.ash.node.api.json.Schema.text;
import static dev.ash.node.api.json.Schema.uuid;
import static dev.ash.node.api.json.Schema.whole;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.node.api.http.Endpoint;
import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Problems;
import dev.ash.node.api.http.Replies;
import dev.ash.node.api.json.Schema;
import dev.ash.node.model.Spending;
import dev.ash.node.model.Spending.Changed;
import dev.ash.node.model.Spending.Standing;
import dev.ash.node.session.Sessions;
import dev.ash.persistence.table.Budget;
import dev.ash.persistence.table.Budget.Owner;
import dev.ash.persistence.table.Budget.Scope;
import dev.ash.persistence.table.Budget.Window;
import dev.ash.persistence.table.ModelCall;
import dev.ash.persistence.table.ModelCall.Usage;
import dev.ash.persistence.table.ModelSpending.Column;
import dev.ash.persistence.table.ModelSpending.Filter;
import dev.ash.persistence.table.ModelSpending.Total;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.json.Json;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** What model calls have cost and may cost; beyond the contract (docs/guides/budgets.md). */
final class SpendingRoutes {
  private static final String LATEST = "9999-12-31T00:00:00Z";
  private static final int CALLS = 100;

  private static final Schema.Fields BUDGET =
      object()
          .required("scope", oneOf("session", "agent", "tenant"))
          .with("subject", text().between(0, 255), "")
          .required("window", oneOf("turn", "day", "month", "total"));
  private static final Schema.Fields NEW_BUDGET =
      BUDGET.with("tokens", whole().from(0).to(1e15)).with("usd", number().from(0).to(1e9));

  private final Spending spending;
  private final Sessions sessions;

  SpendingRoutes(Spending spending, Sessions sessions) {
    this.spending = spending;
    this.sessions = sessions;
  }

  List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get("/api/sessions/:id/model-calls", this::calls)
            .withParams(SessionRoutes.SESSION_ID)
            .withQuery(object().with("limit", whole().from(1).to(1000), CALLS)),
        Endpoint.get("/api/model-usage", this::totals)
            .withQuery(
                object()
                    .with("sessionId", uuid())
                    .with("agentName", text().between(0, 255))
                    .with("after", text().between(0, 40))
                    .with("before", text().between(0, 40))
                    .with("by", text().between(0, 100))),
        Endpoint.get("/api/budgets", this::budgets),
        Endpoint.post("/api/budgets", NEW_BUDGET, e -> set(e, e.tenant(), Owner.TENANT)),
        Endpoint.delete("/api/budgets", e -> remove(e, e.tenant(), Owner.TENANT)).withQuery(BUDGET),
        Endpoint.post(
                "/api/internal/budgets",
                NEW_BUDGET.required("tenantId", text().between(1, 255)),
                e -> set(e, new TenantId(e.field("tenantId").orElseThrow()), Owner.OPERATOR))
            .openTo(Endpoint.Access.INTERNAL),
        Endpoint.delete(
                "/api/internal/budgets",
                e -> remove(e, new TenantId(e.query("tenantId").orElseThrow()), Owner.OPERATOR))
            .withQuery(BUDGET.required("tenantId", text().between(1, 255)))
            .openTo(Endpoint.Access.INTERNAL));
  }

  private CompletionStage<HttpResponse> calls(Exchange exchange) {
    return sessions
        .find(exchange.tenant(), exchange.session())
        .thenCompose(
            found ->
                switch (found) {
                  case Sessions.Result.Refused<Sessions.Session> _ ->
                      refused(404, "Session not found");
                  case Sessions.Result.Ok<Sessions.Session> _ ->
                      spending
                          .calls(
                              exchange.tenant(),
                              exchange.session(),
                              exchange.query().path("limit").asInt(CALLS))
                          .thenApply(
                              calls ->
                                  list("calls", calls.stream().map(SpendingRoutes::call).toList()));
                });
  }

  private static ObjectNode call(ModelCall call) {
    var json =
        Json.object()
            .put("id", call.id())
            .put("turn", call.party().turn())
            .put("team", call.party().team())
            .put("agentName", call.party().agent().value())
            .put("model", call.model())
            .put("upstream", call.upstream())
            .put("state", lower(call.state()))
            .put("status", call.status());
    named(json, "requestId", call.requestIds().server());
    named(json, "gatewayRequestId", call.requestIds().gateway());
    usage(json, call.usage(), call.nanos());
    json.put("startedAt", Stamp.of(call.startedAt()));
    call.endedAt().ifPresent(at -> json.put("endedAt", Stamp.of(at)));
    return json;
  }

  private static void named(ObjectNode json, String name, String value) {
    if (!value.isEmpty()) {
      json.put(name, value);
    }
  }

  private static void usage(ObjectNode json, Usage usage, long nanos) {
    json.put("inputTokens", usage.input())
        .put("outputTokens", usage.output())
        .put("cacheWriteTokens", usage.cacheWrite())
        .put("cacheReadTokens", usage.cacheRead())
        .put("costUsd", usd(nanos));
  }

  private static BigDecimal usd(long nanos) {
    return BigDecimal.valueOf(nanos, 9);
  }

  private CompletionStage<HttpResponse> totals(Exchange exchange) {
    var by = new ArrayList<Column>();
    for (var name : exchange.query("by").orElse("").split(",", -1)) {
      if (!name.isBlank()) {
        var column = column(name.strip());
        if (column.isEmpty()) {
          return refused(
              400, "by: " + name.strip() + " (expected: " + names() + ", comma separated)");
        }
        by.add(column.get());
      }
    }
    Filter filter;
    try {
      filter =
          new Filter(
              Instant.parse(time(exchange, "after", Instant.EPOCH.toString())),
              Instant.parse(time(exchange, "before", LATEST)),
              exchange.query("sessionId").flatMap(SessionId::parse),
              exchange.query("agentName").filter(name -> !name.isEmpty()));
    } catch (DateTimeException e) {
      return refused(400, "after, before: expected times as in 2026-01-31T12:00:00Z");
    }
    if (filter.agent().filter(name -> !AgentName.isValid(name)).isPresent()) {
      return CompletableFuture.completedStage(list("usage", List.of()));
    }
    return spending
        .totals(exchange.tenant(), filter, by)
        .thenApply(all -> list("usage", all.stream().map(total -> total(total, by)).toList()));
  }

  private static String time(Exchange exchange, String name, String otherwise) {
    return exchange.query(name).filter(t -> !t.isEmpty()).orElse(otherwise);
  }

  private static Optional<Column> column(String name) {
    for (var column : Column.values()) {
      if (lower(column).equals(name)) {
        return Optional.of(column);
      }
    }
    return Optional.empty();
  }

  private static String names() {
    return String.join(
        ", ", java.util.Arrays.stream(Column.values()).map(SpendingRoutes::lower).toList());
  }

  private static ObjectNode total(Total total, List<Column> by) {
    var json = Json.object();
    for (var i = 0; i < by.size(); i++) {
      var value = total.by().get(i);
      json.put(
          lower(by.get(i)), by.get(i) == Column.STATE ? value.toLowerCase(Locale.ROOT) : value);
    }
    json.put("calls", total.calls()).put("brokenCalls", total.broken());
    usage(json, total.usage(), total.nanos());
    return json;
  }

  private CompletionStage<HttpResponse> budgets(Exchange exchange) {
    return spending
        .budgets(exchange.tenant())
        .thenApply(all -> list("budgets", all.stream().map(SpendingRoutes::standing).toList()));
  }

  private static ObjectNode standing(Standing standing) {
    var json = budget(standing.budget());
    json.put("setBy", standing.stored() ? "api" : "config");
    if (standing.stored()) {
      // A list has no header for each of its items.
      json.put("etag", standing.budget().tag().toString());
    }
    standing
        .spent()
        .ifPresent(
            spent -> json.put("spentTokens", spent.tokens()).put("spentUsd", usd(spent.nanos())));
    return json;
  }

  private static ObjectNode budget(Budget budget) {
    var json =
        Json.object()
            .put("owner", lower(budget.owner()))
            .put("scope", lower(budget.scope()))
            .put("subject", budget.subject())
            .put("window", lower(budget.window()));
    budget.tokens().ifPresent(tokens -> json.put("tokens", tokens));
    budget.nanos().ifPresent(nanos -> json.put("usd", usd(nanos)));
    return json;
  }

  private CompletionStage<HttpResponse> set(Exchange exchange, TenantId tenant, Owner owner) {
    var body = exchange.body();
    var tokens =
        body.has("tokens") ? OptionalLong.of(body.path("tokens").asLong()) : OptionalLong.empty();
    var nanos =
        body.has("usd")
            ? OptionalLong.of(body.path("usd").decimalValue().movePointRight(9).longValue())
            : OptionalLong.empty();
    if (tokens.isEmpty() && nanos.isEmpty()) {
      return refused(400, "A budget needs tokens, usd or both");
    }
    return subject(body, tenant)
        .map(
            subject -> {
              var budget = new Budget(owner, scope(body), subject, window(body), tokens, nanos);
              return changed(
                  exchange,
                  guard -> spending.set(tenant, budget, guard),
                  () -> Guards.tagged(Replies.ok(budget(budget)), budget.tag()));
            })
        .orElseGet(SpendingRoutes::badSubject);
  }

  private CompletionStage<HttpResponse> remove(Exchange exchange, TenantId tenant, Owner owner) {
    var query = exchange.query();
    var none = OptionalLong.empty();
    return subject(query, tenant)
        .map(
            subject -> {
              var budget = new Budget(owner, scope(query), subject, window(query), none, none);
              return changed(
                  exchange, guard -> spending.remove(tenant, budget, guard), Replies::nothing);
            })
        .orElseGet(SpendingRoutes::badSubject);
  }

  private static CompletionStage<HttpResponse> changed(
      Exchange exchange,
      Function<IfMatch, CompletionStage<Changed>> change,
      Supplier<HttpResponse> done) {
    return Guards.then(
        exchange,
        guard ->
            change
                .apply(guard)
                .thenApply(
                    changed ->
                        switch (changed) {
                          case Changed.Done() -> done.get();
                          case Changed.NotFound() -> Problems.bare(404, "Budget not found");
                          case Changed.Stale(var why) -> Guards.stale(why);
                        }));
  }

  private static Scope scope(JsonNode json) {
    return Scope.valueOf(json.path("scope").asText().toUpperCase(Locale.ROOT));
  }

  private static Window window(JsonNode json) {
    return Window.valueOf(json.path("window").asText().toUpperCase(Locale.ROOT));
  }

  /** As the ledger knows it: the one tenant needs no name, and a session has one form. */
  private static Optional<String> subject(JsonNode json, TenantId tenant) {
    var subject = json.path("subject").asText();
    return switch (scope(json)) {
      case TENANT ->
          subject.isEmpty() || subject.equals(tenant.value()) ? Optional.of("") : Optional.empty();
      case AGENT ->
          subject.isEmpty() || AgentName.isValid(subject) ? Optional.of(subject) : Optional.empty();
      case SESSION ->
          subject.isEmpty() ? Optional.of(subject) : SessionId.parse(subject).map(SessionId::value);
    };
  }

  private static CompletionStage<HttpResponse> badSubject() {
    return refused(
        400, "subject: expected a session's id, an agent's name, or nothing for each one");
  }

  private static CompletionStage<HttpResponse> refused(int status, String message) {
    return CompletableFuture.completedStage(Problems.bare(status, message));
  }

  private static HttpResponse list(String name, List<ObjectNode> items) {
    var json = Json.object();
    json.putArray(name).addAll(items);
    return Replies.ok(json);
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
