package dev.ash.node.api;

import dev.ash.node.agents.Agents.Outcome;
import dev.ash.node.eval.Evals;
import dev.ash.persistence.table.EvalCaseTable.CaseRow;
import dev.ash.persistence.table.EvalRunTable.ResultRow;
import dev.ash.persistence.table.EvalRunTable.RunRow;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Rejection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The default tenant's {@code mock-agent} with a case, a run that is over, and its result. */
final class FakeEvals implements Evals {
  private static final AgentName MOCK = new AgentName("mock-agent");
  static final CaseRow CASE =
      new CaseRow(
          "c1",
          TenantId.DEFAULT,
          MOCK,
          0,
          "{\"question\":\"q\",\"tags\":[\"t\"],\"category\":null}",
          Optional.empty(),
          true,
          ApiServer.NOW,
          ApiServer.NOW);
  static final RunRow RUN =
      new RunRow(
          "r1",
          TenantId.DEFAULT,
          MOCK,
          OptionalInt.of(2),
          Optional.of("hidden"),
          "{}",
          "completed",
          1,
          1,
          Optional.of("{\"passRate\":1}"),
          ApiServer.NOW,
          Optional.of(ApiServer.NOW),
          Optional.empty());
  static final ResultRow RESULT =
      new ResultRow(
          "e1",
          TenantId.DEFAULT,
          "r1",
          "c1",
          0,
          CASE.contentJson(),
          Optional.of("answer"),
          OptionalDouble.of(0.5),
          OptionalDouble.empty(),
          OptionalLong.of(12),
          "completed",
          Optional.empty(),
          OptionalInt.of(4),
          Optional.empty(),
          ApiServer.NOW,
          Optional.empty());

  final List<Object> asked = new ArrayList<>();

  record Listed(Optional<String> category, Optional<Boolean> active) {}

  record Patched(String changeJson, Optional<Boolean> active) {}

  record Scored(String at, Optional<String> result, Verdict verdict) {}

  private <T> CompletionStage<Outcome<T>> answer(
      Object question, TenantId tenant, AgentName agent, T value) {
    asked.add(question);
    return CompletableFuture.completedStage(
        tenant.equals(TenantId.DEFAULT) && agent.equals(MOCK)
            ? new Outcome.Done<>(value)
            : new Outcome.Refused<>(new Rejection(Rejection.Code.NOT_FOUND, "Agent not found")));
  }

  @Override
  public CompletionStage<Outcome<List<CaseRow>>> cases(
      TenantId tenant, AgentName agent, Optional<String> category, Optional<Boolean> active) {
    return answer(new Listed(category, active), tenant, agent, List.of(CASE));
  }

  @Override
  public CompletionStage<Outcome<List<CaseRow>>> addCases(
      TenantId tenant, AgentName agent, List<NewCase> cases) {
    return answer(cases, tenant, agent, cases.stream().map(_ -> CASE).toList());
  }

  @Override
  public CompletionStage<Outcome<CaseRow>> findCase(TenantId tenant, AgentName agent, String id) {
    return answer("case " + id, tenant, agent, CASE);
  }

  @Override
  public CompletionStage<Outcome<CaseRow>> patchCase(
      TenantId tenant, AgentName agent, String id, String changeJson, Optional<Boolean> active) {
    return answer(new Patched(changeJson, active), tenant, agent, CASE);
  }

  @Override
  public CompletionStage<Outcome<CaseRow>> deleteCase(TenantId tenant, AgentName agent, String id) {
    return answer("delete " + id, tenant, agent, CASE);
  }

  @Override
  public CompletionStage<Outcome<RunRow>> start(TenantId tenant, AgentName agent, Filters filters) {
    return answer(filters, tenant, agent, RUN);
  }

  @Override
  public CompletionStage<Outcome<List<RunRow>>> runs(TenantId tenant, AgentName agent) {
    return answer("runs", tenant, agent, List.of(RUN));
  }

  @Override
  public CompletionStage<Outcome<RunRow>> run(TenantId tenant, AgentName agent, String id) {
    return answer("run " + id, tenant, agent, RUN);
  }

  @Override
  public CompletionStage<Outcome<List<ResultRow>>> results(
      TenantId tenant, AgentName agent, String run) {
    return answer("results " + run, tenant, agent, List.of(RESULT));
  }

  @Override
  public CompletionStage<Outcome<Comparison>> compare(
      TenantId tenant, AgentName agent, String runA, String runB) {
    return answer(
        runA + " " + runB,
        tenant,
        agent,
        new Comparison(RUN, RUN, List.of(new Pair("c1", Optional.of(RESULT), Optional.empty()))));
  }

  @Override
  public CompletionStage<Outcome<List<ResultRow>>> score(
      TenantId tenant, AgentName agent, String run, Optional<String> result, Verdict verdict) {
    return answer(new Scored(run, result, verdict), tenant, agent, List.of(RESULT));
  }

  @Override
  public CompletionStage<Outcome<ResultRow>> scoreResult(
      TenantId tenant, AgentName agent, String result, Verdict verdict) {
    return answer(new Scored(result, Optional.empty(), verdict), tenant, agent, RESULT);
  }
}
