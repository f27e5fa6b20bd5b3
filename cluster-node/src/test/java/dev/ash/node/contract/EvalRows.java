package dev.ash.node.contract;

import static dev.ash.node.contract.Row.row;

import java.util.List;

/** Evals (section 2.14). */
final class EvalRows {
  private static final String CASES = "/api/agents/walker/eval-cases";
  private static final String RUNS = "/api/agents/walker/eval-runs";
  private static final String RESULTS = "/api/agents/walker/eval-results";
  private static final String NO_AGENT = "Agent not found";
  private static final String CASE =
      "{'id':'<uuid>','tenantId':'default','agentName':'walker','question':'%s',"
          + "'expectedTopics':%s,'expectedNotTopics':null,'referenceAnswer':null,'category':%s,"
          + "'tags':null,'chatHistory':null,'isActive':%b,'createdAt':'<time>',"
          + "'updatedAt':'<time>'}";
  private static final String RUN =
      "{'id':'<uuid>','tenantId':'default','agentName':'walker','versionNumber':%s,"
          + "'status':'<text>','totalCases':%d,'completedCases':<int>,'summary':<any>,"
          + "'createdAt':'<time>','startedAt':<any>,'completedAt':<any>}";
  private static final String RESULT =
      "{'id':'<uuid>','tenantId':'default','evalRunId':'{run}','evalCaseId':'{case}',"
          + "'agentResponse':<any>,'topicScore':<any>,'safetyScore':<any>,'llmJudgeScore':null,"
          + "'latencyMs':<any>,'status':'<text>','error':<any>,'humanScore':%s,'humanNotes':%s,"
          + "'createdAt':'<time>','completedAt':<any>}";

  static final List<Row> ROWS =
      List.of(
          row("2.14 POST case 201")
              .post(CASES, "{'question':'q','expectedTopics':['Mock'],'category':'c'}")
              .answers(201, "{'case':" + CASE.formatted("q", "['Mock']", "'c'", true) + "}")
              .keeps("case", "/case/id"),
          row("2.14 POST case 404")
              .post("/api/agents/none/eval-cases", "{'question':'q'}")
              .refuses(404, NO_AGENT),
          row("2.14 import 200")
              .post(CASES + "/import", "{'cases':[{'question':'r','isActive':false}]}")
              .answers(200, "{'imported':1}"),
          row("2.14 import 404")
              .post("/api/agents/none/eval-cases/import", "{'cases':[]}")
              .refuses(404, NO_AGENT),
          row("2.14 export 200")
              .get(CASES + "/export")
              .answers(
                  200,
                  "{'cases':["
                      + CASE.formatted("q", "['Mock']", "'c'", true)
                      + ","
                      + CASE.formatted("r", "null", "null", false)
                      + "]}"),
          row("2.14 export 404").get("/api/agents/none/eval-cases/export").refuses(404, NO_AGENT),
          row("2.14 GET cases 200")
              .get(CASES + "?isActive=true&category=c")
              .answers(200, "{'cases':[" + CASE.formatted("q", "['Mock']", "'c'", true) + "]}"),
          row("2.14 GET cases 404").get("/api/agents/none/eval-cases").refuses(404, NO_AGENT),
          row("2.14 GET case 200")
              .get(CASES + "/{case}")
              .answers(200, "{'case':" + CASE.formatted("q", "['Mock']", "'c'", true) + "}"),
          row("2.14 GET case 404").get(CASES + "/{unknown}").refuses(404, "Eval case not found"),
          row("2.14 PATCH case 200")
              .patch(CASES + "/{case}", "{'question':'s'}")
              .answers(200, "{'case':" + CASE.formatted("s", "['Mock']", "'c'", true) + "}"),
          row("2.14 PATCH case 404")
              .patch(CASES + "/{unknown}", "{}")
              .refuses(404, "Eval case not found"),
          row("2.14 POST run 404 version")
              .post(RUNS, "{'versionNumber':9}")
              .refuses(404, "Agent version 9 not found"),
          row("2.14 POST run 404 agent")
              .post("/api/agents/none/eval-runs", "{}")
              .refuses(404, NO_AGENT),
          row("2.14 POST run 201 nothing to do")
              .post(RUNS, "{'tags':['none']}")
              .answers(201, "{'run':" + RUN.formatted("null", 0) + "}")
              .keeps("emptyRun", "/run/id"),
          row("2.14 POST run 201")
              .post(RUNS, "{'versionNumber':1,'categories':['c']}")
              .answers(201, "{'run':" + RUN.formatted("1", 1) + "}")
              .keeps("run", "/run/id"),
          row("2.14 GET runs 200")
              .get(RUNS)
              .answers(200, "{'runs':[{'id':'{run}',<any>{'id':'{emptyRun}',<any>}]}"),
          row("2.14 GET run 200")
              .get(RUNS + "/{run}")
              .answers(200, "{'run':" + RUN.formatted("1", 1) + "}"),
          row("2.14 GET run 404").get(RUNS + "/{unknown}").refuses(404, "Eval run not found"),
          row("2.14 results 200")
              .get(RUNS + "/{run}/results")
              .answers(200, "{'results':[" + RESULT.formatted("null", "null") + "]}")
              .keeps("result", "/results/0/id"),
          row("2.14 results 404")
              .get(RUNS + "/{unknown}/results")
              .refuses(404, "Eval run not found"),
          row("2.14 compare 200")
              .get(RUNS + "/compare?runA={run}&runB={emptyRun}")
              .answers(
                  200,
                  "{'comparison':{'runA':{'id':'{run}',<any>},'runB':{'id':'{emptyRun}',<any>},"
                      + "'results':[{'caseId':'{case}','question':'s','resultA':{<any>},"
                      + "'resultB':null}]}}"),
          row("2.14 compare 404 A")
              .get(RUNS + "/compare?runA={unknown}&runB={run}")
              .refuses(404, "Eval run A not found"),
          row("2.14 compare 404 B")
              .get(RUNS + "/compare?runA={run}&runB={unknown}")
              .refuses(404, "Eval run B not found"),
          row("2.14 score 200")
              .post(RUNS + "/{run}/score", "{'humanScore':4}")
              .answers(200, "{'scored':1,'results':[" + RESULT.formatted("4", "null") + "]}"),
          row("2.14 score 200 one")
              .post(RUNS + "/{run}/score", "{'resultId':'{result}','humanNotes':'n'}")
              .answers(200, "{'scored':1,'results':[" + RESULT.formatted("4", "'n'") + "]}"),
          row("2.14 score 400 nothing")
              .post(RUNS + "/{run}/score", "{}")
              .refuses(400, "Provide humanScore and/or humanNotes"),
          row("2.14 score 404 run")
              .post(RUNS + "/{unknown}/score", "{'humanScore':4}")
              .refuses(404, "Eval run not found"),
          row("2.14 score 404 result")
              .post(RUNS + "/{run}/score", "{'resultId':'{unknown}','humanScore':4}")
              .refuses(404, "Eval result not found in this run"),
          row("2.14 PATCH result 200")
              .patch(RESULTS + "/{result}", "{'humanScore':5}")
              .answers(200, "{'result':" + RESULT.formatted("5", "'n'") + "}"),
          row("2.14 PATCH result 400")
              .patch(RESULTS + "/{result}", "{}")
              .refuses(400, "Provide humanScore and/or humanNotes"),
          row("2.14 PATCH result 404")
              .patch(RESULTS + "/{unknown}", "{'humanScore':5}")
              .refuses(404, "Eval result not found"),
          // The reference looks at the agent's name only (G11).
          row("2.14 PATCH result 404 other tenant")
              .patch(RESULTS + "/{result}", "{'humanScore':5}")
              .by("other")
              .refuses(404, NO_AGENT),
          row("2.14 DELETE case 204").delete(CASES + "/{case}").answers(204, ""),
          row("2.14 DELETE case 404")
              .delete(CASES + "/{case}")
              .refuses(404, "Eval case not found"));

  private EvalRows() {}
}
