package dev.ash.node.contract;

import static dev.ash.node.contract.Row.row;

import java.util.List;

/** The form of what fails validation, route by route (section 2.2). */
final class ValidationRows {
  private static final String UUID = "params/id must match format \"uuid\"";
  private static final String BAD = "/api/sessions/not-a-uuid";
  private static final String CASES = "/api/agents/walker/eval-cases";
  private static final String RUNS = "/api/agents/walker/eval-runs";

  static final List<Row> ROWS =
      List.of(
          row("2.2 short POST /api/agents")
              .post("/api/agents", "{'name':'bad name!'}")
              .refusesShort(),
          row("2.2 short POST /api/sessions").post("/api/sessions", "{}").refusesShort(),
          row("2.2 short POST messages")
              .post("/api/sessions/{unknown}/messages", "{}")
              .refusesShort(),
          row("2.2 short POST messages maxTurns")
              .post("/api/sessions/{unknown}/messages", "{'content':'x','maxTurns':0}")
              .refusesShort(),
          row("2.2 short POST messages effort")
              .post("/api/sessions/{unknown}/messages", "{'content':'x','effort':'huge'}")
              .refusesShort(),
          row("2.2 short POST messages outputFormat")
              .post(
                  "/api/sessions/{unknown}/messages", "{'content':'x','outputFormat':{'type':'a'}}")
              .refusesShort(),
          row("2.2 short POST exec").post("/api/sessions/{unknown}/exec", "{}").refusesShort(),
          row("2.2 short POST exec timeout")
              .post("/api/sessions/{unknown}/exec", "{'command':'a','timeout':300001}")
              .refusesShort(),
          row("2.2 short POST pause").post(BAD + "/pause").refusesShort(),
          row("2.2 short POST stop").post(BAD + "/stop").refusesShort(),
          row("2.2 short POST credentials")
              .post("/api/credentials", "{'type':'x','key':'k'}")
              .refusesShort(),
          row("2.2 short POST queue")
              .post("/api/queue", "{'agentName':'a','prompt':''}")
              .refusesShort(),
          row("2.2 short DELETE queue").delete("/api/queue/not-a-uuid").refusesShort(),
          row("2.2 short POST versions")
              .post("/api/agents/walker/versions", "{'name':{}}")
              .refusesShort(),
          row("2.2 short POST score")
              .post(RUNS + "/{unknown}/score", "{'humanScore':6}")
              .refusesShort(),
          row("2.2 long GET session").get(BAD).refusesLong(UUID),
          row("2.2 long DELETE session").delete(BAD).refusesLong(UUID),
          row("2.2 long PATCH session config").patch(BAD + "/config", "{}").refusesLong(UUID),
          row("2.2 long POST resume").post(BAD + "/resume").refusesLong(UUID),
          row("2.2 long POST fork").post(BAD + "/fork").refusesLong(UUID),
          row("2.2 long GET messages")
              .get("/api/sessions/{unknown}/messages?limit=0")
              .refusesLong("querystring/limit must be >= 1"),
          row("2.2 long GET messages limit")
              .get("/api/sessions/{unknown}/messages?limit=1001")
              .refusesLong("querystring/limit must be <= 1000"),
          row("2.2 long GET events")
              .get("/api/sessions/{unknown}/events?after=-1")
              .refusesLong("querystring/after must be >= 0"),
          row("2.2 long GET logs")
              .get("/api/sessions/{unknown}/logs?after=-2")
              .refusesLong("querystring/after must be >= -1"),
          row("2.2 long GET files")
              .get("/api/sessions/{unknown}/files?includeHidden=maybe")
              .refusesLong("querystring/includeHidden must be equal to one of the allowed values"),
          row("2.2 long GET file")
              .get("/api/sessions/{unknown}/files/a?format=xml")
              .refusesLong("querystring/format must be equal to one of the allowed values"),
          row("2.2 long POST files")
              .post("/api/sessions/{unknown}/files", "{}")
              .refusesLong("body must have required property 'files'"),
          row("2.2 long DELETE file").delete(BAD + "/files/a").refusesLong(UUID),
          row("2.2 long PATCH agent")
              .patch("/api/agents/walker", "{'env':[]}")
              .refusesLong("body/env must be object"),
          row("2.2 long GET agent file")
              .get("/api/agents/walker/files/a?format=xml")
              .refusesLong("querystring/format must be equal to one of the allowed values"),
          row("2.2 long POST agent files")
              .post("/api/agents/walker/files", "{}")
              .refusesLong("body must have required property 'files'"),
          row("2.2 long PATCH version")
              .patch("/api/agents/walker/versions/1", "{'name':{}}")
              .refusesLong("body/name must be string"),
          row("2.2 long GET queue")
              .get("/api/queue?limit=501")
              .refusesLong("querystring/limit must be <= 500"),
          row("2.2 long GET queue status")
              .get("/api/queue?status=odd")
              .refusesLong("querystring/status must be equal to one of the allowed values"),
          row("2.2 long GET queue item").get("/api/queue/not-a-uuid").refusesLong(UUID),
          row("2.2 long GET usage")
              .get("/api/usage?limit=0")
              .refusesLong("querystring/limit must be >= 1"),
          row("2.2 long GET usage session")
              .get("/api/usage?sessionId=x")
              .refusesLong("querystring/sessionId must match format \"uuid\""),
          row("2.2 long GET analytics")
              .get("/api/analytics?after=x")
              .refusesLong("querystring/after must match format \"date-time\""),
          row("2.2 long POST case")
              .post(CASES, "{}")
              .refusesLong("body must have required property 'question'"),
          row("2.2 long import")
              .post(CASES + "/import", "{'cases':[{}]}")
              .refusesLong("body/cases/0 must have required property 'question'"),
          row("2.2 long compare")
              .get(RUNS + "/compare")
              .refusesLong("querystring must have required property 'runA'"),
          row("2.2 long PATCH result")
              .patch("/api/agents/walker/eval-results/{unknown}", "{'humanScore':0}")
              .refusesLong("body/humanScore must be >= 1"));

  private ValidationRows() {}
}
