package dev.ash.client;

import dev.ash.client.http.Call;
import dev.ash.client.http.Connection;
import dev.ash.client.http.Paths;
import dev.ash.client.http.Query;
import dev.ash.client.model.EvalCase;
import dev.ash.client.model.EvalCaseChange;
import dev.ash.client.model.EvalComparison;
import dev.ash.client.model.EvalResult;
import dev.ash.client.model.EvalRun;
import dev.ash.client.model.NewEvalCase;
import dev.ash.client.model.NewEvalRun;
import dev.ash.client.model.Score;
import dev.ash.protocol.json.Json;
import java.util.List;
import java.util.Optional;

/** Cases, runs and scores of an agent: {@code /api/agents/:name/eval-…}. */
public final class Evals {
  private final Connection connection;

  Evals(Connection connection) {
    this.connection = connection;
  }

  /** Adds cases; gives how many. */
  public int importCases(String agent, List<NewEvalCase> cases) {
    var body = Json.object();
    var array = body.putArray("cases");
    cases.forEach(one -> array.add(one.json()));
    return connection.json(Call.post(cases(agent) + "/import", body)).path("imported").asInt();
  }

  /** The oldest first. */
  public List<EvalCase> cases(String agent, Optional<String> category, Optional<Boolean> active) {
    var query = new Query(cases(agent)).andIf("category", category).andIf("isActive", active);
    var answer = connection.json(Call.get(query.toString()));
    return answer.path("cases").valueStream().map(EvalCase::of).toList();
  }

  public EvalCase createCase(String agent, NewEvalCase wanted) {
    return evalCase(Call.post(cases(agent), wanted.json()));
  }

  public EvalCase getCase(String agent, String id) {
    return evalCase(Call.get(cases(agent) + "/" + Paths.segment(id)));
  }

  public EvalCase updateCase(String agent, String id, EvalCaseChange change) {
    return evalCase(Call.patch(cases(agent) + "/" + Paths.segment(id), change.json()));
  }

  public void deleteCase(String agent, String id) {
    connection.json(Call.delete(cases(agent) + "/" + Paths.segment(id)));
  }

  /** Starts a run; the answer does not wait for it. */
  public EvalRun startRun(String agent, NewEvalRun run) {
    return EvalRun.of(connection.json(Call.post(runs(agent), run.json())).path("run"));
  }

  /** The newest first. */
  public List<EvalRun> runs(String agent, int limit) {
    var answer = connection.json(Call.get(runs(agent)));
    return answer.path("runs").valueStream().limit(limit).map(EvalRun::of).toList();
  }

  public EvalRun getRun(String agent, String run) {
    return EvalRun.of(connection.json(Call.get(runs(agent, run))).path("run"));
  }

  public List<EvalResult> results(String agent, String run) {
    return results(Call.get(runs(agent, run) + "/results"));
  }

  public EvalComparison compare(String agent, String runA, String runB) {
    var query = new Query(runs(agent) + "/compare").and("runA", runA).and("runB", runB);
    var answer = connection.json(Call.get(query.toString()));
    return EvalComparison.of(answer.path("comparison"));
  }

  /** Scores all results of a run. */
  public List<EvalResult> scoreRun(String agent, String run, Score score) {
    return results(Call.post(runs(agent, run) + "/score", score.json()));
  }

  public EvalResult scoreResult(String agent, String result, Score score) {
    var path = "/api/agents/" + Paths.segment(agent) + "/eval-results/" + Paths.segment(result);
    return EvalResult.of(connection.json(Call.patch(path, score.json())).path("result"));
  }

  private EvalCase evalCase(Call call) {
    return EvalCase.of(connection.json(call).path("case"));
  }

  private List<EvalResult> results(Call call) {
    return connection.json(call).path("results").valueStream().map(EvalResult::of).toList();
  }

  private static String cases(String agent) {
    return "/api/agents/" + Paths.segment(agent) + "/eval-cases";
  }

  private static String runs(String agent) {
    return "/api/agents/" + Paths.segment(agent) + "/eval-runs";
  }

  private static String runs(String agent, String run) {
    return runs(agent) + "/" + Paths.segment(run);
  }
}
