package dev.ash.node.contract;

import static dev.ash.node.contract.Row.row;

import java.util.List;

/** Sessions that run (section 2.6); {@link LifecycleRows} has what ends them. */
final class SessionRows {
  private static final String NOT_FOUND = "Session not found";

  static final List<Row> ROWS =
      List.of(
          row("S1 201")
              .post("/api/sessions", "{'agent':'walker','extraEnv':{'N':1},'model':'m'}")
              .answers(201, one("active", "null"))
              .keeps("session", "/session/id"),
          row("S1 404")
              .post("/api/sessions", "{'agent':'none'}")
              .refuses(404, "Agent \"none\" not found"),
          row("S2 200")
              .get("/api/sessions")
              .answers(200, "{'sessions':[" + view("active", "null") + "]}"),
          row("S2 200 of an agent").get("/api/sessions?agent=none").answers(200, "{'sessions':[]}"),
          row("S2 200 other tenant")
              .get("/api/sessions")
              .by("other")
              .answers(200, "{'sessions':[]}"),
          // The reference takes these and ignores them (B2).
          row("S2 200 of a status")
              .get("/api/sessions?status=ended")
              .answers(200, "{'sessions':[]}"),
          row("S2 200 paged")
              .get("/api/sessions?limit=1&offset=1&includeTotal=true")
              .answers(200, "{'sessions':[],'total':1}"),
          row("S3 200").get("/api/sessions/{session}").answers(200, one("active", "null")),
          row("S3 404").get("/api/sessions/{unknown}").refuses(404, NOT_FOUND),
          row("S3 404 other tenant")
              .get("/api/sessions/{session}")
              .by("other")
              .refuses(404, NOT_FOUND),
          row("S4 200")
              .patch(
                  "/api/sessions/{session}/config",
                  "{'model':'claude-x','allowedTools':['Read'],'subagents':{}}")
              .answers(200, one("active", "null")),
          row("S4 200 nothing").patch("/api/sessions/{session}/config", "{}").answers(200),
          row("S4 404").patch("/api/sessions/{unknown}/config", "{}").refuses(404, NOT_FOUND),
          row("S12 404").get("/api/sessions/{unknown}/logs").refuses(404, NOT_FOUND),
          row("S13 200")
              .post("/api/sessions/{session}/exec", "{'command':'echo out; echo err >&2; exit 3'}")
              .answers(200, "{'exitCode':3,'stdout':'out\\n','stderr':'err\\n'}"),
          row("S13 200 timeout")
              .post(
                  "/api/sessions/{session}/exec",
                  "{'command':'echo begun; sleep 30','timeout':1500}")
              .answers(200, "{'exitCode':1,'stdout':'begun\\n','stderr':'<text>'}"),
          // Behind a command, as a session is there before its sandbox is.
          row("S12 200")
              .get("/api/sessions/{session}/logs")
              .answers(
                  200,
                  "{'logs':[{'index':0,'level':'system','text':'Sandbox created in <text>',"
                      + "'ts':'<time>'}<any>],'source':'sandbox'}"),
          row("S12 200 after")
              .get("/api/sessions/{session}/logs?after=100000")
              .answers(200, "{'logs':[],'source':'sandbox'}"),
          row("S13 404")
              .post("/api/sessions/{unknown}/exec", "{'command':'true'}")
              .refuses(404, NOT_FOUND));

  private SessionRows() {}

  static String one(String status, String parent) {
    return "{'session':" + view(status, parent) + "}";
  }

  private static String view(String status, String parent) {
    return "{'id':'<uuid>','agentName':'walker','sandboxId':'<uuid>','status':'"
        + status
        + "','createdAt':'<time>','lastActiveAt':'<time>','tenantId':'default','runnerId':<any>,"
        + "'parentSessionId':"
        + parent
        + "}";
  }
}
