package dev.ash.node.clients;

import static dev.ash.node.contract.Row.row;

import dev.ash.node.contract.BundleRows;
import dev.ash.node.contract.Row;
import java.util.List;

/**
 * Every method of the TypeScript SDK (contract 9.2). It encodes the name of an agent in some paths
 * and the path of a file in none.
 */
final class TypeScriptRows {
  private static final String SESSION = "/api/sessions/{session}";
  private static final String VERSIONS = "/api/agents/ts-agent/versions";
  private static final String CASES = "/api/agents/ts-agent/eval-cases";
  private static final String RUNS = "/api/agents/ts-agent/eval-runs";

  static final List<Row> AGENTS =
      List.of(
          row("health").get("/health").withoutKey().answers(200, "{'status':'ok',<any>}"),
          row("listAgents without a key")
              .get("/api/agents")
              .withoutKey()
              .refuses(401, "Missing Authorization header"),
          row("deployAgent")
              .post("/api/agents", "{'name':'ts-none','path':'agents/none'}")
              .refuses(400, "Agent directory must contain CLAUDE.md"),
          row("createAgent")
              .post(
                  "/api/agents",
                  "{'name':'ts-agent','slug':'ts','description':'d','model':'m','backend':'b',"
                      + "'systemPrompt':'# ts','config':{'a':1},"
                      + "'files':[{'path':'docs/a.md','content':'YQ=='}]}")
              .answers(201, "{'agent':{'id':'<uuid>','name':'ts-agent','version':1,<any>}}"),
          row("listAgents").get("/api/agents").answers(200, "{'agents':[{<any>}]}"),
          row("getAgent").get("/api/agents/ts-agent").answers(200, "{'agent':{<any>}}"),
          row("getAgent encoded").get("/api/agents/ts%2Dagent").answers(200, "{'agent':{<any>}}"),
          row("updateAgent")
              .patch("/api/agents/ts-agent", "{'env':{'A':'1'}}")
              .answers(200, "{'agent':{<any>'env':{'A':'***'}}}"),
          row("getAgentConfig")
              .get("/api/agents/ts-agent/config")
              .answers(200, "{'config':{<any>}}"),
          row("updateAgentConfig")
              .patch("/api/agents/ts-agent/config", "{'b':2}")
              .answers(200, "{'config':{<any>'b':2}}"),
          row("listAgentFiles")
              .get("/api/agents/ts-agent/files")
              .answers(200, "{'files':[{<any>}]}"),
          row("getAgentFile")
              .get("/api/agents/ts-agent/files/docs/a.md?format=json")
              .answers(200, "{'path':'docs/a.md','content':'a','size':1}"),
          row("uploadAgentFiles")
              .post(
                  "/api/agents/ts-agent/files", "{'files':[{'path':'docs/b.md','content':'Yg=='}]}")
              .answers(200, "{'written':1}"),
          row("deleteAgentFile")
              .delete("/api/agents/ts-agent/files/docs/b.md")
              .answers(200, "{'deleted':true}"),
          row("createSession")
              .post(
                  "/api/sessions",
                  "{'agent':'ts-agent','extraEnv':{'A':'1'},'model':'m','allowedTools':['Read']}")
              .answers(201, "{'session':{<any>'status':'active'<any>}}")
              .keeps("session", "/session/id"));

  static final List<Row> SESSIONS =
      List.of(
          row("listSessions")
              .get("/api/sessions?agent=ts-agent&status=active&limit=10&offset=0")
              .answers(200, "{'sessions':[{<any>'id':'{session}'<any>}]}"),
          row("listSessionsWithTotal")
              .get("/api/sessions?agent=ts-agent&includeTotal=true")
              .answers(200, "{'sessions':[{<any>}],'total':1}"),
          row("getSession").get(SESSION).answers(200, "{'session':{<any>}}"),
          row("updateSessionConfig")
              .patch(SESSION + "/config", "{'model':'n','betas':['b']}")
              .answers(200, "{'session':{<any>}}"),
          row("exec")
              .post(SESSION + "/exec", "{'command':'cat docs/a.md','timeout':10000}")
              .answers(200, "{'exitCode':0,'stdout':'a','stderr':''}"),
          row("listMessages")
              .get(SESSION + "/messages?limit=10&after=0")
              .answers(200, "{'messages':[{<any>'sequence':1,<any>}]}"),
          row("listSessionEvents")
              .get(SESSION + "/events?limit=10&after=0&type=lifecycle")
              .answers(200, "{'events':[{<any>'type':'lifecycle',<any>}]}"),
          row("getSessionLogs")
              .get(SESSION + "/logs?after=-1")
              .answers(200, "{'logs':[<any>],'source':'sandbox'}"),
          row("getSessionFiles")
              .get(SESSION + "/files?includeHidden=false")
              .answers(200, "{'files':[{<any>}],'source':'<text>'}"),
          row("getSessionFile")
              .get(SESSION + "/files/docs/a.md?format=json")
              .answers(200, "{'path':'docs/a.md','content':'a','size':1,'source':'<text>'}"),
          row("downloadSessionFile")
              .get(SESSION + "/files/docs/a.md")
              .answers(200, "a")
              .with("x-ash-source", "<text>"),
          row("writeSessionFiles")
              .post(
                  SESSION + "/files",
                  "{'files':[{'path':'w/x y.txt','content':'eA=='}],'targetPath':'.'}")
              .answers(200, "{'files':[{'path':'<text>','written':true,'size':1}]}"),
          row("deleteSessionFile")
              .delete(SESSION + "/files/w/x%20y.txt")
              .answers(200, "{'path':'w/x y.txt','deleted':true}"),
          row("pauseSession").post(SESSION + "/pause").answers(200, "{'session':{<any>}}"),
          row("resumeSession").post(SESSION + "/resume").answers(200, "{'session':{<any>}}"),
          row("forkSession")
              .post(SESSION + "/fork")
              .answers(201, "{'session':{<any>}}")
              .keeps("fork", "/session/id"),
          row("stopSession").post(SESSION + "/stop").answers(200, "{'session':{<any>}}"),
          row("endSession").delete(SESSION).answers(200, "{'session':{<any>'ended'<any>}}"),
          row("endSession of the fork").delete("/api/sessions/{fork}").answers(200),
          row("sendMessage to an ended session")
              .post(SESSION + "/messages", "{'content':'x'}")
              .refuses(400, "Session is ended"));

  static final List<Row> VERSIONS_AND_EVALS =
      List.of(
          row("createAgentVersion")
              .post(VERSIONS, "{'name':'v','systemPrompt':'p'}")
              .answers(201, "{'version':{<any>}}"),
          row("listAgentVersions").get(VERSIONS).answers(200, "{'versions':[{<any>}]}"),
          row("getAgentVersion").get(VERSIONS + "/1").answers(200, "{'version':{<any>}}"),
          row("updateAgentVersion")
              .patch(VERSIONS + "/1", "{'releaseNotes':'r'}")
              .answers(200, "{'version':{<any>}}"),
          row("activateAgentVersion")
              .post(VERSIONS + "/1/activate")
              .answers(200, "{'activated':true,'versionNumber':1}"),
          row("createEvalCase")
              .post(CASES, "{'question':'q','isActive':false}")
              .answers(201, "{'case':{<any>}}")
              .keeps("case", "/case/id"),
          row("listEvalCases").get(CASES + "?isActive=false").answers(200, "{'cases':[{<any>}]}"),
          row("getEvalCase").get(CASES + "/{case}").answers(200, "{'case':{<any>}}"),
          row("updateEvalCase")
              .patch(CASES + "/{case}", "{'category':'c'}")
              .answers(200, "{'case':{<any>}}"),
          row("importEvalCases")
              .post(CASES + "/import", "{'cases':[{'question':'r','isActive':false}]}")
              .answers(200, "{'imported':1}"),
          row("exportEvalCases").get(CASES + "/export").answers(200, "{'cases':[{<any>}]}"),
          row("startEvalRun")
              .post(RUNS, "{}")
              .answers(201, "{'run':{<any>'totalCases':0,<any>}}")
              .keeps("run", "/run/id"),
          row("listEvalRuns").get(RUNS).answers(200, "{'runs':[{<any>}]}"),
          row("getEvalRun").get(RUNS + "/{run}").answers(200, "{'run':{<any>}}"),
          row("getEvalRunResults").get(RUNS + "/{run}/results").answers(200, "{'results':[]}"),
          row("compareEvalRuns")
              .get(RUNS + "/compare?runA={run}&runB={run}")
              .answers(200, "{'comparison':{<any>}}"),
          row("scoreEvalRun")
              .post(RUNS + "/{run}/score", "{'humanScore':3}")
              .answers(200, "{'scored':0,'results':[]}"),
          row("scoreEvalResult of none")
              .patch("/api/agents/ts-agent/eval-results/{unknown}", "{'humanScore':3}")
              .refuses(404, "Eval result not found"),
          // It then fails to read JSON, whoever serves it (0.4): docs/adr/0018.
          row("deleteEvalCase").delete(CASES + "/{case}").answers(204, ""),
          row("deleteAgentVersion").delete(VERSIONS + "/1").answers(204, ""));

  static final List<Row> THE_REST =
      List.of(
          row("storeCredential")
              .post("/api/credentials", "{'type':'anthropic','key':'k','label':'l'}")
              .answers(201, "{'credential':{<any>}}")
              .keeps("credential", "/credential/id"),
          row("storeBedrockCredential")
              .post(
                  "/api/credentials",
                  "{'type':'bedrock','key':'{\\'accessKeyId\\':\\'a\\',\\'secretAccessKey\\':"
                      + "\\'s\\',\\'region\\':\\'r\\'}','label':''}")
              .answers(201, "{'credential':{<any>'type':'bedrock',<any>}}"),
          row("listCredentials").get("/api/credentials").answers(200, "{'credentials':[{<any>}]}"),
          row("deleteCredential").delete("/api/credentials/{credential}").answers(204, ""),
          row("enqueue")
              .post("/api/queue", "{'agentName':'ts-agent','prompt':'p','priority':1}")
              .answers(201, "{'item':{<any>}}")
              .keeps("item", "/item/id"),
          row("listQueueItems")
              .get("/api/queue?status=pending&limit=10")
              .answers(200, "{'items':[{<any>}]}"),
          row("getQueueItem").get("/api/queue/{item}").answers(200, "{'item':{<any>}}"),
          row("getQueueStats").get("/api/queue/stats").answers(200, "{'stats':{<any>}}"),
          row("cancelQueueItem")
              .delete("/api/queue/{item}")
              .answers(200, "{'item':{<any>'cancelled'<any>}}"),
          row("listUsageEvents")
              .get("/api/usage?agentName=ts-agent&limit=10")
              .answers(200, "{'events':[<any>]}"),
          row("getUsageStats").get("/api/usage/stats").answers(200, "{'stats':{<any>}}"),
          row("getAnalytics")
              .get("/api/analytics?after=2020-01-01T00:00:00.000Z")
              .answers(200, "{'agents':{<any>},<any>}"),
          // These exist in the SDK and on no open-source server.
          row("listFiles").get("/api/files").answers(404),
          row("deleteAgent").delete("/api/agents/ts-agent").answers(200, "{'ok':true}"));

  /** Of a session that runs. */
  static final List<Row> UPLOADS =
      List.of(
          row("uploadAttachment")
              .post(
                  SESSION + "/attachments",
                  "{'filename':'a.txt','content':'aGk=','mimeType':'text/plain'}")
              .answers(201, "{'attachment':{<any>}}")
              .keeps("attachment", "/attachment/id"),
          row("listAttachments")
              .get(SESSION + "/attachments")
              .answers(200, "{'attachments':[{<any>}]}"),
          row("downloadAttachment").get("/api/attachments/{attachment}").answers(200, "hi"),
          row("deleteAttachment").delete("/api/attachments/{attachment}").answers(204, ""),
          row("downloadWorkspace")
              .get(SESSION + "/workspace")
              .answers(200)
              .with("content-type", "application/gzip"),
          row("uploadWorkspace")
              .post(SESSION + "/workspace", "{'bundle':'" + BundleRows.TAR_GZ + "'}")
              .answers(200, "{'message':'Workspace restored to live sandbox'}"));

  private TypeScriptRows() {}
}
