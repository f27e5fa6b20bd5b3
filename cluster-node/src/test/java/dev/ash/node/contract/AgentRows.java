package dev.ash.node.contract;

import static dev.ash.node.contract.Row.row;

import java.util.List;

/** Agents (section 2.4). */
final class AgentRows {
  private static final String AGENT =
      "{'id':'<uuid>','name':'%s','version':%d,'path':'<text>','createdAt':'<time>',"
          + "'updatedAt':'<time>','tenantId':'default'%s}";
  private static final String MASKED = ",'env':{'SECRET':'***'}";
  private static final String NOTES =
      "'files':[{'path':'notes/a.txt','content':'aGVsbG8='},"
          + "{'path':'data.json','content':'e30='}]";

  static final List<Row> ROWS =
      List.of(
          row("A1 201 name only")
              .post("/api/agents", "{'name':'walker'}")
              .answers(201, one("walker", 1, "")),
          row("A1 201 prompt, files and env")
              .post(
                  "/api/agents",
                  "{'name':'managed','systemPrompt':'# hi'," + NOTES + ",'env':{'SECRET':'x'}}")
              .answers(201, one("managed", 1, MASKED)),
          row("A1 201 again keeps env")
              .post("/api/agents", "{'name':'managed'}")
              .answers(201, one("managed", 2, MASKED)),
          row("A1 201 path")
              .post("/api/agents", "{'name':'placed','path':'{folder}'}")
              .answers(201, one("placed", 1, "")),
          row("A1 201 of 2 MiB")
              .post(
                  "/api/agents",
                  "{'name':'placed','files':[{'path':'big','content':'"
                      + "AAAA".repeat(700_000)
                      + "'}]}")
              .answers(201, one("placed", 2, "")),
          row("A1 400 no CLAUDE.md")
              .post("/api/agents", "{'name':'bad','path':'{emptyFolder}'}")
              .refuses(400, "Agent directory must contain CLAUDE.md"),
          row("A1 400 no such path")
              .post("/api/agents", "{'name':'bad','path':'/nonexistent/agent'}")
              .refuses(400, "Agent directory must contain CLAUDE.md"),
          // The reference leaves such a file out and says nothing.
          row("A1 400 file outside")
              .post("/api/agents", "{'name':'bad','files':[{'path':'../x','content':'eA=='}]}")
              .answers(400),
          row("A2 200")
              .get("/api/agents")
              .answers(
                  200,
                  "{'agents':["
                      + AGENT.formatted("managed", 2, MASKED)
                      + ","
                      + AGENT.formatted("placed", 2, "")
                      + ","
                      + AGENT.formatted("walker", 1, "")
                      + "]}"),
          row("A2 200 other tenant").get("/api/agents").by("other").answers(200, "{'agents':[]}"),
          row("A3 200").get("/api/agents/walker").answers(200, one("walker", 1, "")),
          row("A3 404").get("/api/agents/none").refuses(404, "Agent not found"),
          row("A3 404 other tenant")
              .get("/api/agents/walker")
              .by("other")
              .refuses(404, "Agent not found"),
          row("A5 200 env replaces")
              .patch("/api/agents/managed", "{'env':{'A':'1'}}")
              .answers(200, one("managed", 2, ",'env':{'A':'***'}")),
          row("A5 200 env clears")
              .patch("/api/agents/managed", "{'env':{}}")
              .answers(200, one("managed", 2, "")),
          row("A5 200 config")
              .patch("/api/agents/managed", "{'config':{'a':1},'name':'ignored'}")
              .answers(200, one("managed", 2, "")),
          row("A5 404 other tenant")
              .patch("/api/agents/managed", "{'env':{}}")
              .by("other")
              .refuses(404, "Agent not found"),
          row("A5 404").patch("/api/agents/none", "{'env':{}}").refuses(404, "Agent not found"),
          row("A6 200").get("/api/agents/managed/config").answers(200, "{'config':{'a':1}}"),
          row("A6 404").get("/api/agents/none/config").refuses(404, "Agent not found"),
          row("A7 200")
              .patch("/api/agents/managed/config", "{'b':{'c':[2]}}")
              .answers(200, "{'config':{'a':1,'b':{'c':[2]}}}"),
          row("A7 200 nothing new")
              .patch("/api/agents/managed/config", "{}")
              .answers(200, "{'config':{'a':1,'b':{'c':[2]}}}"),
          row("A7 404").patch("/api/agents/none/config", "{}").refuses(404, "Agent not found"),
          row("A7 400 no body")
              .call("PATCH", "/api/agents/managed/config")
              .refusesLong("body must be object"),
          row("A8 200")
              .get("/api/agents/managed/files")
              .answers(
                  200,
                  "{'files':[<any>{'path':'notes/a.txt','size':5,'modifiedAt':'<time>'}<any>]}"),
          row("A8 404 agent").get("/api/agents/none/files").refuses(404, "Agent not found"),
          row("A9 200 json")
              .get("/api/agents/managed/files/notes/a.txt")
              .answers(200, "{'path':'notes/a.txt','content':'hello','size':5}"),
          row("A9 200 encoded slash")
              .get("/api/agents/managed/files/notes%2Fa.txt?format=json")
              .answers(200, "{'path':'notes/a.txt','content':'hello','size':5}"),
          row("A9 200 raw")
              .get("/api/agents/managed/files/notes/a.txt?format=raw")
              .answers(200, "hello")
              .with("content-type", "application/octet-stream")
              .with("content-disposition", "attachment; filename*=UTF-8''a.txt"),
          row("A9 200 raw .md")
              .get("/api/agents/managed/files/CLAUDE.md?format=raw")
              .answers(200)
              .with("content-type", "text/markdown"),
          row("A9 200 raw .json")
              .get("/api/agents/managed/files/data.json?format=raw")
              .answers(200, "{}")
              .with("content-type", "application/json"),
          row("A9 400 no path")
              .get("/api/agents/managed/files/")
              .refuses(400, "File path required"),
          row("A9 400 bad path")
              .get("/api/agents/managed/files//etc/passwd")
              .refuses(400, "Invalid file path"),
          row("A9 400 dots")
              .get("/api/agents/managed/files/notes%2F..%2F..%2Fx")
              .answers(400, "{'error':'Invalid file path','statusCode':400}"),
          row("A9 404 agent").get("/api/agents/none/files/x").refuses(404, "Agent not found"),
          row("A9 404 file").get("/api/agents/managed/files/x").refuses(404, "File not found"),
          row("A9 400 directory")
              .get("/api/agents/managed/files/notes")
              .refuses(400, "Path is not a file"),
          row("A10 200")
              .post(
                  "/api/agents/managed/files", "{'files':[{'path':'more/b.txt','content':'Yg=='}]}")
              .answers(200, "{'written':1}"),
          row("A10 404")
              .post("/api/agents/none/files", "{'files':[{'path':'b','content':'Yg=='}]}")
              .refuses(404, "Agent not found"),
          row("A10 400 escapes")
              .post("/api/agents/managed/files", "{'files':[{'path':'../b','content':'Yg=='}]}")
              .refuses(400, "Path \"../b\" escapes agent directory"),
          row("A11 200")
              .delete("/api/agents/managed/files/more/b.txt")
              .answers(200, "{'deleted':true}"),
          row("A11 404 agent").delete("/api/agents/none/files/x").refuses(404, "Agent not found"),
          row("A11 404 file").delete("/api/agents/managed/files/x").refuses(404, "File not found"),
          row("A11 400 escapes")
              .delete("/api/agents/managed/files//etc/passwd")
              .refuses(400, "Path escapes agent directory"),
          // The reference answers with a raw 500.
          row("A11 directory")
              .delete("/api/agents/managed/files/notes")
              .refuses(400, "Path is not a file"),
          row("A4 404 other tenant")
              .delete("/api/agents/placed")
              .by("other")
              .refuses(404, "Agent not found"),
          row("A4 200").delete("/api/agents/placed").answers(200, "{'ok':true}"),
          row("A4 404").delete("/api/agents/placed").refuses(404, "Agent not found"));

  private AgentRows() {}

  private static String one(String name, int version, String env) {
    return "{'agent':" + AGENT.formatted(name, version, env) + "}";
  }
}
