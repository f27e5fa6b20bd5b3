package dev.ash.node.clients;

import static dev.ash.node.contract.Row.row;

import dev.ash.node.contract.Row;
import java.util.List;

/** The Python client (contract 9.3): its POSTs without arguments have a JSON type and no body. */
final class PythonRows {
  private static final String SESSION = "/api/sessions/{session}";

  static final List<Row> BEFORE =
      List.of(
          row("health").get("/health").answers(200, "{'status':'ok',<any>'uptime':<int>,<any>}"),
          row("deploy_agent")
              .post("/api/agents", "{'name':'python-bot','path':'agents/python-bot'}")
              .answers(400),
          row("deploy_agent from a prompt")
              .post("/api/agents", "{'name':'python-bot','systemPrompt':'# bot'}")
              .answers(201, "{'agent':{<any>}}"),
          row("list_agents").get("/api/agents").answers(200, "<any>'python-bot'<any>"),
          row("get_agent").get("/api/agents/python-bot").answers(200, "{'agent':{<any>}}"),
          row("get_agent of none").get("/api/agents/none").refuses(404, "Agent not found"),
          row("create_session")
              .post(
                  "/api/sessions",
                  "{'agent':'python-bot','extraEnv':{'A':'1'},'model':'m','systemPrompt':'p',"
                      + "'permissionMode':'default','allowedTools':['Read'],"
                      + "'disallowedTools':['Bash'],'mcpServers':{'s':{'command':'true',"
                      + "'args':['a'],'env':{'B':'2'}}},'betas':['b'],"
                      + "'subagents':{'x':{'description':'d','prompt':'p'}}}")
              .answers(201, "{'session':{<any>}}")
              .keeps("session", "/session/id"),
          row("create_session of none")
              .post("/api/sessions", "{'agent':'none'}")
              .refuses(404, "Agent \"none\" not found"));

  static final List<Row> AFTER =
      List.of(
          // Values are not encoded, and null arguments are left out.
          row("list_sessions")
              .get("/api/sessions?agent=python-bot&status=active")
              .answers(200, "{'sessions':[{<any>'id':'{session}'<any>}]}"),
          row("get_session").get(SESSION).answers(200, "{'session':{<any>}}"),
          row("get_session of none")
              .get("/api/sessions/{unknown}")
              .refuses(404, "Session not found"),
          row("list_messages").get(SESSION + "/messages").answers(200, "{'messages':[{<any>}]}"),
          row("list_session_events").get(SESSION + "/events").answers(200, "{'events':[{<any>}]}"),
          row("get_session_logs").get(SESSION + "/logs").answers(200, "{'logs':[<any>],<any>}"),
          row("exec")
              .post(SESSION + "/exec", "{'command':'true'}")
              .answers(200, "{'exitCode':0,<any>}"),
          row("list_session_files")
              .get(SESSION + "/files")
              .answers(200, "{'files':[{<any>}],<any>}"),
          row("list_agent_files")
              .get("/api/agents/python-bot/files")
              .answers(200, "{'files':[{<any>}]}"),
          row("upload_attachment")
              .post(SESSION + "/attachments", "{'filename':'a','content':'aGk='}")
              .answers(201, "{'attachment':{<any>}}")
              .keeps("attachment", "/attachment/id"),
          row("list_attachments")
              .get(SESSION + "/attachments")
              .answers(200, "{'attachments':[{<any>}]}"),
          row("delete_attachment").delete("/api/attachments/{attachment}").answers(204, ""),
          row("pause_session")
              .post(SESSION + "/pause", "")
              .answers(200, "{'session':{<any>'status':'paused'<any>}}"),
          row("resume_session")
              .post(SESSION + "/resume", "")
              .answers(200, "{'session':{<any>'status':'active'<any>}}"),
          row("fork_session")
              .post(SESSION + "/fork", "")
              .answers(201, "{'session':{<any>'parentSessionId':'{session}'<any>}}")
              .keeps("fork", "/session/id"),
          row("end_session stops")
              .post(SESSION + "/stop", "")
              .answers(200, "{'session':{<any>'status':'stopped'<any>}}"),
          row("end_session deletes")
              .delete(SESSION)
              .answers(200, "{'session':{<any>'status':'ended'<any>}}"),
          row("end_session of a fork that does not run")
              .post("/api/sessions/{fork}/stop", "")
              .answers(400),
          row("end_session of a fork")
              .delete("/api/sessions/{fork}")
              .answers(200, "{'session':{<any>'status':'ended'<any>}}"),
          row("store_credential")
              .post("/api/credentials", "{'type':'anthropic','key':'k'}")
              .answers(201)
              .keeps("credential", "/credential/id"),
          row("list_credentials").get("/api/credentials").answers(200, "{'credentials':[{<any>}]}"),
          row("enqueue")
              .post("/api/queue", "{'agentName':'python-bot','prompt':'p'}")
              .answers(201, "{'item':{<any>}}")
              .keeps("item", "/item/id"),
          row("list_queue_items").get("/api/queue").answers(200, "{'items':[{<any>}]}"),
          row("get_queue_item").get("/api/queue/{item}").answers(200, "{'item':{<any>}}"),
          row("get_queue_stats").get("/api/queue/stats").answers(200, "{'stats':{<any>}}"),
          row("cancel_queue_item").delete("/api/queue/{item}").answers(200, "{'item':{<any>}}"),
          row("list_usage_events").get("/api/usage").answers(200, "{'events':[<any>]}"),
          row("get_usage_stats").get("/api/usage/stats").answers(200, "{'stats':{<any>}}"),
          // Its generated code knows 204 and nothing else.
          row("delete_credential").delete("/api/credentials/{credential}").answers(204, ""),
          row("delete_agent").delete("/api/agents/python-bot").answers(200, "{'ok':true}"));

  private PythonRows() {}
}
