package dev.ash.node.clients;

import static dev.ash.node.contract.Row.row;

import dev.ash.node.contract.Row;
import java.util.List;

/** The command line client (contract 9.1), a user's session with it. */
final class CommandLineRows {
  static final List<Row> BEFORE =
      List.of(
          row("health").get("/health").withoutKey().answers(200, "{'status':'ok',<any>}"),
          row("deploy")
              .post(
                  "/api/agents",
                  "{'name':'cli-agent','files':[{'path':'CLAUDE.md','content':'IyBjbGkK'},"
                      + "{'path':'a/b.txt','content':'Yg=='}],'env':{'A':'1'}}")
              .answers(201, "{'agent':{<any>'name':'cli-agent','version':1,<any>'env':{<any>}}}"),
          row("agent list").get("/api/agents").answers(200, "<any>'name':'cli-agent'<any>"),
          row("agent info").get("/api/agents/cli-agent").answers(200, "{'agent':{<any>}}"),
          row("session create")
              .post("/api/sessions", "{'agent':'cli-agent'}")
              .answers(201, "{'session':{'id':'<uuid>',<any>'status':'active',<any>}}")
              .keeps("session", "/session/id"),
          row("session list").get("/api/sessions").answers(200, "<any>'id':'{session}'<any>"));

  static final List<Row> AFTER =
      List.of(
          row("session exec")
              .post(
                  "/api/sessions/{session}/exec",
                  "{'command':'cat a/b.txt; exit 3','timeout':30000}")
              .answers(200, "{'exitCode':3,'stdout':'b','stderr':''}"),
          row("session files")
              .get("/api/sessions/{session}/files")
              .answers(200, "{'files':[<any>'path':'a/b.txt'<any>],'source':'<text>'}"),
          row("session files <path>")
              .get("/api/sessions/{session}/files/a/b.txt?format=json")
              .answers(200, "{'path':'a/b.txt','content':'b','size':1,'source':'<text>'}"),
          row("session tail")
              .get("/api/sessions/{session}/events?after=0&limit=200")
              .answers(200, "{'events':[{<any>'sequence':1,<any>}]}"),
          row("session tail --type")
              .get("/api/sessions/{session}/events?after=1&limit=200&type=text")
              .answers(200, "{'events':[{<any>'type':'text',<any>}]}"),
          row("session pause")
              .post("/api/sessions/{session}/pause")
              .answers(200, "{'session':{<any>'status':'paused'<any>}}"),
          row("session send while paused")
              .post("/api/sessions/{session}/messages", "{'content':'x'}")
              .refuses(400, "Session is paused"),
          row("session resume")
              .post("/api/sessions/{session}/resume")
              .answers(200, "{'session':{<any>'status':'active'<any>}}"),
          row("session end")
              .delete("/api/sessions/{session}")
              .answers(200, "{'session':{<any>'status':'ended'<any>}}"),
          row("agent delete").delete("/api/agents/cli-agent").answers(200, "{'ok':true}"),
          row("agent info of none").get("/api/agents/cli-agent").refuses(404, "Agent not found"));

  private CommandLineRows() {}
}
