package dev.ash.node.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.node.agents.Agents.Outcome;
import dev.ash.persistence.table.EvalCaseTable;
import dev.ash.persistence.table.EvalCaseTable.CaseRow;
import dev.ash.persistence.table.EvalRunTable;
import dev.ash.persistence.table.EvalRunTable.ResultRow;
import dev.ash.persistence.table.EvalRunTable.RunRow;
import dev.ash.persistence.table.VersionRow;
import dev.ash.persistence.table.VersionTable;
import dev.ash.persistence.table.VersionTable.Which;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.json.Json;
import dev.ash.protocol.session.Rejection;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** Evals in the database; the runner does what is started here. Threads may share it. */
public final class StoredEvals implements Evals {
  private final EvalCaseTable cases;
  private final EvalRunTable runs;
  private final VersionTable versions;
  private final InstantSource clock;
  private final Supplier<UUID> ids;
  private final Runnable started;
  private final Executor blocking;

  /**
   * The evals of a node.
   *
   * @param started called when there is something to run
   * @param blocking runs what waits for the database
   */
  public StoredEvals(
      EvalCaseTable cases,
      EvalRunTable runs,
      VersionTable versions,
      InstantSource clock,
      Supplier<UUID> ids,
      Runnable started,
      Executor blocking) {
    this.cases = cases;
    this.runs = runs;
    this.versions = versions;
    this.clock = clock;
    this.ids = ids;
    this.started = started;
    this.blocking = blocking;
  }

  @Override
  public CompletionStage<Outcome<List<CaseRow>>> cases(
      TenantId tenant, AgentName agent, Optional<String> category, Optional<Boolean> active) {
    return of(
        tenant,
        agent,
        () ->
            cases.list(tenant, agent).stream()
                .filter(row -> category.isEmpty() || category.equals(row.category()))
                .filter(row -> active.isEmpty() || active.get() == row.active())
                .toList());
  }

  @Override
  public CompletionStage<Outcome<List<CaseRow>>> addCases(
      TenantId tenant, AgentName agent, List<NewCase> added) {
    return of(
        tenant,
        agent,
        () -> {
          var now = clock.instant();
          var rows = new ArrayList<CaseRow>();
          for (var one : added) {
            rows.add(
                new CaseRow(
                    ids.get().toString(),
                    tenant,
                    agent,
                    rows.size(),
                    one.contentJson(),
                    category(one.contentJson()),
                    one.active(),
                    now,
                    now));
          }
          cases.insert(rows);
          return List.copyOf(rows);
        });
  }

  @Override
  public CompletionStage<Outcome<CaseRow>> findCase(TenantId tenant, AgentName agent, String id) {
    return of(tenant, agent, () -> cases.find(tenant, agent, id).orElseThrow(StoredEvals::noCase));
  }

  @Override
  public CompletionStage<Outcome<CaseRow>> patchCase(
      TenantId tenant, AgentName agent, String id, String changeJson, Optional<Boolean> active) {
    return of(
        tenant,
        agent,
        () ->
            cases
                .update(
                    tenant,
                    agent,
                    id,
                    row -> {
                      var content = object(row.contentJson());
                      content.setAll(object(changeJson));
                      return new CaseRow(
                          row.id(),
                          row.tenant(),
                          row.agent(),
                          row.position(),
                          content.toString(),
                          category(content.toString()),
                          active.orElse(row.active()),
                          row.createdAt(),
                          clock.instant());
                    })
                .orElseThrow(StoredEvals::noCase));
  }

  @Override
  public CompletionStage<Outcome<CaseRow>> deleteCase(TenantId tenant, AgentName agent, String id) {
    return of(
        tenant,
        agent,
        () -> {
          var row = cases.find(tenant, agent, id).orElseThrow(StoredEvals::noCase);
          if (!cases.delete(tenant, agent, id)) {
            throw noCase();
          }
          return row;
        });
  }

  @Override
  public CompletionStage<Outcome<RunRow>> start(TenantId tenant, AgentName agent, Filters filters) {
    return of(
        tenant,
        agent,
        () -> {
          var prompt = version(tenant, agent, filters.version()).flatMap(VersionRow::systemPrompt);
          var chosen =
              cases.list(tenant, agent).stream()
                  .filter(row -> row.active() && matches(row, filters))
                  .toList();
          var now = clock.instant();
          var run =
              new RunRow(
                  ids.get().toString(),
                  tenant,
                  agent,
                  filters.version(),
                  prompt,
                  Json.write(Map.of("categories", filters.categories(), "tags", filters.tags())),
                  "pending",
                  chosen.size(),
                  0,
                  Optional.empty(),
                  now,
                  Optional.empty(),
                  Optional.empty());
          var results = new ArrayList<ResultRow>();
          for (var row : chosen) {
            results.add(
                new ResultRow(
                    ids.get().toString(),
                    tenant,
                    run.id(),
                    row.id(),
                    results.size(),
                    row.contentJson(),
                    Optional.empty(),
                    OptionalDouble.empty(),
                    OptionalDouble.empty(),
                    OptionalLong.empty(),
                    "pending",
                    Optional.empty(),
                    OptionalInt.empty(),
                    Optional.empty(),
                    now,
                    Optional.empty()));
          }
          runs.start(run, results);
          started.run();
          return run;
        });
  }

  private Optional<VersionRow> version(TenantId tenant, AgentName agent, OptionalInt number)
      throws Refused {
    if (number.isEmpty()) {
      return versions.active(tenant, agent);
    }
    var found = versions.find(tenant, agent, new Which.Numbered(number.getAsInt()));
    if (found.isEmpty()) {
      throw new Refused(
          Rejection.Code.NOT_FOUND, "Agent version " + number.getAsInt() + " not found");
    }
    return found;
  }

  private static boolean matches(CaseRow row, Filters filters) {
    var tags = object(row.contentJson()).path("tags").valueStream().map(JsonNode::asText).toList();
    return (filters.categories().isEmpty()
            || row.category().filter(filters.categories()::contains).isPresent())
        && (filters.tags().isEmpty() || filters.tags().stream().anyMatch(tags::contains));
  }

  @Override
  public CompletionStage<Outcome<List<RunRow>>> runs(TenantId tenant, AgentName agent) {
    return of(tenant, agent, () -> runs.list(tenant, agent));
  }

  @Override
  public CompletionStage<Outcome<RunRow>> run(TenantId tenant, AgentName agent, String id) {
    return of(tenant, agent, () -> require(tenant, agent, id, "Eval run not found"));
  }

  @Override
  public CompletionStage<Outcome<List<ResultRow>>> results(
      TenantId tenant, AgentName agent, String run) {
    return of(
        tenant,
        agent,
        () -> runs.results(tenant, require(tenant, agent, run, "Eval run not found").id()));
  }

  @Override
  public CompletionStage<Outcome<Comparison>> compare(
      TenantId tenant, AgentName agent, String runA, String runB) {
    return of(
        tenant,
        agent,
        () -> {
          var a = require(tenant, agent, runA, "Eval run A not found");
          var b = require(tenant, agent, runB, "Eval run B not found");
          var inA = byCase(runs.results(tenant, a.id()));
          var inB = byCase(runs.results(tenant, b.id()));
          var all = new LinkedHashSet<>(inA.keySet());
          all.addAll(inB.keySet());
          return new Comparison(
              a,
              b,
              all.stream()
                  .map(
                      id ->
                          new Pair(
                              id,
                              Optional.ofNullable(inA.get(id)),
                              Optional.ofNullable(inB.get(id))))
                  .toList());
        });
  }

  private static Map<String, ResultRow> byCase(List<ResultRow> results) {
    var byCase = new LinkedHashMap<String, ResultRow>();
    results.forEach(result -> byCase.put(result.caseId(), result));
    return byCase;
  }

  @Override
  public CompletionStage<Outcome<List<ResultRow>>> score(
      TenantId tenant, AgentName agent, String run, Optional<String> result, Verdict verdict) {
    return of(
        tenant,
        agent,
        () -> {
          var found = require(tenant, agent, run, "Eval run not found");
          requireSomething(verdict);
          var chosen =
              runs.results(tenant, found.id()).stream()
                  .map(ResultRow::id)
                  .filter(id -> result.isEmpty() || id.equals(result.get()))
                  .toList();
          if (result.isPresent() && chosen.isEmpty()) {
            throw new Refused(Rejection.Code.NOT_FOUND, "Eval result not found in this run");
          }
          runs.score(tenant, chosen, verdict.score(), verdict.notes());
          return runs.results(tenant, found.id()).stream()
              .filter(row -> chosen.contains(row.id()))
              .toList();
        });
  }

  @Override
  public CompletionStage<Outcome<ResultRow>> scoreResult(
      TenantId tenant, AgentName agent, String result, Verdict verdict) {
    return of(
        tenant,
        agent,
        () -> {
          var found = runs.result(tenant, agent, result).orElseThrow(StoredEvals::noResult);
          requireSomething(verdict);
          runs.score(tenant, List.of(found.id()), verdict.score(), verdict.notes());
          return runs.result(tenant, agent, result).orElseThrow(StoredEvals::noResult);
        });
  }

  private static void requireSomething(Verdict verdict) throws Refused {
    if (verdict.score().isEmpty() && verdict.notes().isEmpty()) {
      throw new Refused(Rejection.Code.INVALID, "Provide humanScore and/or humanNotes");
    }
  }

  private RunRow require(TenantId tenant, AgentName agent, String id, String otherwise)
      throws Refused {
    return runs.find(tenant, agent, id)
        .orElseThrow(() -> new Refused(Rejection.Code.NOT_FOUND, otherwise));
  }

  private static Optional<String> category(String contentJson) {
    return Optional.of(object(contentJson).path("category"))
        .filter(JsonNode::isTextual)
        .map(JsonNode::textValue);
  }

  private static ObjectNode object(String json) {
    return Json.parse(json)
        .filter(ObjectNode.class::isInstance)
        .map(ObjectNode.class::cast)
        .orElseThrow(() -> new IllegalStateException("a stored case is not an object"));
  }

  private static Refused noCase() {
    return new Refused(Rejection.Code.NOT_FOUND, "Eval case not found");
  }

  private static Refused noResult() {
    return new Refused(Rejection.Code.NOT_FOUND, "Eval result not found");
  }

  private <T> CompletionStage<Outcome<T>> of(TenantId tenant, AgentName agent, Work<T> work) {
    return CompletableFuture.supplyAsync(
        () -> {
          if (!versions.isAgent(tenant, agent)) {
            return new Outcome.Refused<>(
                new Rejection(Rejection.Code.NOT_FOUND, "Agent not found"));
          }
          try {
            return new Outcome.Done<>(work.get());
          } catch (Refused e) {
            return new Outcome.Refused<>(e.why);
          }
        },
        blocking);
  }

  /** Something that may block, and may be refused. */
  @FunctionalInterface
  private interface Work<T> {
    T get() throws Refused;
  }

  /** Carries a refusal out of nested work. */
  private static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient Rejection why;

    Refused(Rejection.Code code, String detail) {
      super(detail, null, false, false);
      this.why = new Rejection(code, detail);
    }
  }
}
