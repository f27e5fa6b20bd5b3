package dev.ash.node.eval;

import dev.ash.node.agents.Agents.Outcome;
import dev.ash.persistence.table.EvalCaseTable.CaseRow;
import dev.ash.persistence.table.EvalRunTable.ResultRow;
import dev.ash.persistence.table.EvalRunTable.RunRow;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.TenantId;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;

/**
 * What may be done with evals (contract/ash-api.md section 2.14). Everything is looked for within
 * one tenant's agent, so an id of another tenant, or of another agent, is not found.
 */
public interface Evals {

  /** Oldest first. */
  CompletionStage<Outcome<List<CaseRow>>> cases(
      TenantId tenant, AgentName agent, Optional<String> category, Optional<Boolean> active);

  /** Adds all or none, in this order. */
  CompletionStage<Outcome<List<CaseRow>>> addCases(
      TenantId tenant, AgentName agent, List<NewCase> cases);

  CompletionStage<Outcome<CaseRow>> findCase(TenantId tenant, AgentName agent, String id);

  /** What is not in the change stays. */
  CompletionStage<Outcome<CaseRow>> patchCase(
      TenantId tenant, AgentName agent, String id, String changeJson, Optional<Boolean> active);

  CompletionStage<Outcome<CaseRow>> deleteCase(TenantId tenant, AgentName agent, String id);

  /** Starts a run of the active cases that the filters let through. */
  CompletionStage<Outcome<RunRow>> start(TenantId tenant, AgentName agent, Filters filters);

  /** Newest first. */
  CompletionStage<Outcome<List<RunRow>>> runs(TenantId tenant, AgentName agent);

  CompletionStage<Outcome<RunRow>> run(TenantId tenant, AgentName agent, String id);

  CompletionStage<Outcome<List<ResultRow>>> results(TenantId tenant, AgentName agent, String run);

  CompletionStage<Outcome<Comparison>> compare(
      TenantId tenant, AgentName agent, String runA, String runB);

  /** Scores one result of a run, or all of them. */
  CompletionStage<Outcome<List<ResultRow>>> score(
      TenantId tenant, AgentName agent, String run, Optional<String> result, Verdict verdict);

  CompletionStage<Outcome<ResultRow>> scoreResult(
      TenantId tenant, AgentName agent, String result, Verdict verdict);

  /**
   * A case to be added.
   *
   * @param contentJson an object with the members that a case has on the wire
   */
  record NewCase(String contentJson, boolean active) {}

  /**
   * Which cases run, and as which version; empty lists let all through.
   *
   * @param version empty means the one that is active when the run is started
   */
  record Filters(OptionalInt version, List<String> categories, List<String> tags) {
    public Filters {
      categories = List.copyOf(categories);
      tags = List.copyOf(tags);
    }
  }

  /** What a person thinks of an answer. */
  record Verdict(OptionalInt score, Optional<String> notes) {}

  /** Two runs side by side. */
  record Comparison(RunRow runA, RunRow runB, List<Pair> results) {
    public Comparison {
      results = List.copyOf(results);
    }
  }

  /** A case in two runs; in one of them it may be missing. */
  record Pair(String caseId, Optional<ResultRow> resultA, Optional<ResultRow> resultB) {}
}
