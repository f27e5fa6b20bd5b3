package dev.ash.node.api;

import static dev.ash.node.api.json.Schema.bool;
import static dev.ash.node.api.json.Schema.listOf;
import static dev.ash.node.api.json.Schema.nullable;
import static dev.ash.node.api.json.Schema.object;
import static dev.ash.node.api.json.Schema.oneOf;
import static dev.ash.node.api.json.Schema.text;
import static dev.ash.node.api.json.Schema.uuid;
import static dev.ash.node.api.json.Schema.whole;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.node.agents.Agents.Outcome;
import dev.ash.node.api.http.Endpoint;
import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Replies;
import dev.ash.node.api.json.Schema;
import dev.ash.node.eval.Evals;
import dev.ash.node.eval.Evals.Filters;
import dev.ash.node.eval.Evals.NewCase;
import dev.ash.node.eval.Evals.Verdict;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.json.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Eval cases, runs and results of an agent (contract 2.14). */
final class EvalRoutes {
  private static final String CASES = "/api/agents/:name/eval-cases";
  private static final String RUNS = "/api/agents/:name/eval-runs";

  private static final Schema.Fields CHANGE =
      object()
          .with("question", text().between(1, Integer.MAX_VALUE))
          .with("expectedTopics", nullable(listOf(text())))
          .with("expectedNotTopics", nullable(listOf(text())))
          .with("referenceAnswer", nullable(text()))
          .with("category", nullable(text()))
          .with("tags", nullable(listOf(text())))
          .with(
              "chatHistory",
              nullable(listOf(object().required("role", text()).required("content", text()))))
          .with("isActive", bool());

  private static final Schema.Fields NEW_CASE =
      CHANGE
          .required("question", text().between(1, Integer.MAX_VALUE))
          .with("isActive", bool(), true);

  private static final Schema.Fields LISTING =
      object().with("category", text()).with("isActive", oneOf("true", "false"));

  private static final Schema.Fields RUN =
      object()
          .with("versionNumber", whole())
          .with("categories", listOf(text()))
          .with("tags", listOf(text()));

  private static final Schema.Fields VERDICT =
      object()
          .with("humanScore", whole().from(1).to(5))
          .with("humanNotes", text().between(0, 10_000));

  private final Evals evals;

  /** Something asked of an agent's evals. */
  @FunctionalInterface
  private interface Call<T> {
    CompletionStage<Outcome<T>> of(Exchange exchange, TenantId tenant, AgentName agent);
  }

  EvalRoutes(Evals evals) {
    this.evals = evals;
  }

  List<Endpoint> endpoints() {
    return List.of(
        Endpoint.post(
            CASES + "/import",
            object().required("cases", listOf(NEW_CASE)),
            on(
                (exchange, tenant, agent) ->
                    evals.addCases(
                        tenant,
                        agent,
                        exchange
                            .body()
                            .path("cases")
                            .valueStream()
                            .map(EvalRoutes::newCase)
                            .toList()),
                all -> Replies.ok(Map.of("imported", all.size())))),
        Endpoint.get(
            CASES + "/export",
            on(
                (_, tenant, agent) ->
                    evals.cases(tenant, agent, Optional.empty(), Optional.empty()),
                all -> Replies.ok(Map.of("cases", all.stream().map(EvalViews::of).toList())))),
        Endpoint.get(
                CASES,
                on(
                    (exchange, tenant, agent) ->
                        evals.cases(
                            tenant,
                            agent,
                            exchange.query("category"),
                            exchange.query("isActive").map("true"::equals)),
                    all -> Replies.ok(Map.of("cases", all.stream().map(EvalViews::of).toList()))))
            .withQuery(LISTING),
        Endpoint.post(
            CASES,
            NEW_CASE,
            on(
                (exchange, tenant, agent) ->
                    evals.addCases(tenant, agent, List.of(newCase(exchange.body()))),
                all -> Replies.json(201, Map.of("case", EvalViews.of(all.getFirst()))))),
        Endpoint.get(
            CASES + "/:id",
            on(
                (exchange, tenant, agent) -> evals.findCase(tenant, agent, exchange.param("id")),
                row -> Replies.ok(Map.of("case", EvalViews.of(row))))),
        Endpoint.patch(
            CASES + "/:id",
            CHANGE,
            on(
                (exchange, tenant, agent) ->
                    evals.patchCase(
                        tenant,
                        agent,
                        exchange.param("id"),
                        content(exchange.body()),
                        Optional.ofNullable(exchange.body().get("isActive"))
                            .map(JsonNode::asBoolean)),
                row -> Replies.ok(Map.of("case", EvalViews.of(row))))),
        Endpoint.delete(
            CASES + "/:id",
            on(
                (exchange, tenant, agent) -> evals.deleteCase(tenant, agent, exchange.param("id")),
                _ -> Replies.nothing())),
        Endpoint.post(
            RUNS,
            RUN,
            on(
                (exchange, tenant, agent) -> evals.start(tenant, agent, filters(exchange)),
                run -> Replies.json(201, Map.of("run", EvalViews.of(run))))),
        Endpoint.get(
            RUNS,
            on(
                (_, tenant, agent) -> evals.runs(tenant, agent),
                all -> Replies.ok(Map.of("runs", all.stream().map(EvalViews::of).toList())))),
        Endpoint.get(
                RUNS + "/compare",
                on(
                    (exchange, tenant, agent) ->
                        evals.compare(
                            tenant,
                            agent,
                            exchange.query("runA").orElseThrow(),
                            exchange.query("runB").orElseThrow()),
                    comparison -> Replies.ok(Map.of("comparison", EvalViews.of(comparison)))))
            .withQuery(object().required("runA", uuid()).required("runB", uuid())),
        Endpoint.get(
            RUNS + "/:id",
            on(
                (exchange, tenant, agent) -> evals.run(tenant, agent, exchange.param("id")),
                run -> Replies.ok(Map.of("run", EvalViews.of(run))))),
        Endpoint.get(
            RUNS + "/:id/results",
            on(
                (exchange, tenant, agent) -> evals.results(tenant, agent, exchange.param("id")),
                all -> Replies.ok(Map.of("results", all.stream().map(EvalViews::of).toList())))),
        Endpoint.post(
                RUNS + "/:id/score",
                VERDICT.with("resultId", uuid()),
                on(
                    (exchange, tenant, agent) ->
                        evals.score(
                            tenant,
                            agent,
                            exchange.param("id"),
                            exchange.field("resultId"),
                            verdict(exchange)),
                    all ->
                        Replies.ok(
                            Json.object()
                                .put("scored", all.size())
                                .set(
                                    "results",
                                    Json.mapper()
                                        .createArrayNode()
                                        .addAll(all.stream().map(EvalViews::of).toList())))))
            .withShortFaults(),
        Endpoint.patch(
            "/api/agents/:name/eval-results/:id",
            VERDICT,
            on(
                (exchange, tenant, agent) ->
                    evals.scoreResult(tenant, agent, exchange.param("id"), verdict(exchange)),
                row -> Replies.ok(Map.of("result", EvalViews.of(row))))));
  }

  private static <T> Endpoint.Handler on(Call<T> call, Function<T, HttpResponse> then) {
    return exchange ->
        VersionRoutes.named(
            exchange,
            agent -> call.of(exchange, exchange.tenant(), agent).thenApply(Outcomes.ofAgent(then)));
  }

  private static NewCase newCase(JsonNode body) {
    return new NewCase(content(body), body.path("isActive").asBoolean(true));
  }

  private static String content(JsonNode body) {
    var content = Json.object();
    for (var name : EvalViews.CONTENT) {
      if (body.has(name)) {
        content.set(name, body.get(name));
      }
    }
    return content.toString();
  }

  private static Filters filters(Exchange exchange) {
    var version = exchange.body().get("versionNumber");
    return new Filters(
        version == null ? OptionalInt.empty() : OptionalInt.of(version.asInt()),
        Wire.list(exchange.body(), "categories").orElseGet(List::of),
        Wire.list(exchange.body(), "tags").orElseGet(List::of));
  }

  private static Verdict verdict(Exchange exchange) {
    var score = exchange.body().get("humanScore");
    return new Verdict(
        score == null ? OptionalInt.empty() : OptionalInt.of(score.asInt()),
        exchange.field("humanNotes"));
  }
}
