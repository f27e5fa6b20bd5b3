package dev.ash.node.contract;

import static dev.ash.node.contract.Row.row;

import java.util.List;

/** Versions of agents (section 2.5). */
final class VersionRows {
  private static final String ALL = "/api/agents/walker/versions";
  private static final String VERSION =
      "{'id':'<uuid>','tenantId':'default','agentName':'walker','versionNumber':%d,'name':'%s',"
          + "'systemPrompt':%s,'releaseNotes':%s,'isActive':%b,'knowledgeFiles':%s,"
          + "'createdBy':null,'createdAt':'<time>','updatedAt':'<time>'}";
  private static final String FIRST = VERSION.formatted(1, "one", "'p'", "'r'", false, "['k.md']");

  static final List<Row> ROWS =
      List.of(
          row("V1 200 none").get(ALL).answers(200, "{'versions':[]}"),
          row("V2 201")
              .post(
                  ALL,
                  "{'name':'one','systemPrompt':'p','releaseNotes':'r','knowledgeFiles':['k.md']}")
              .answers(201, "{'version':" + FIRST + "}")
              .keeps("version", "/version/id"),
          row("V2 201 clone")
              .post(ALL, "{'name':'two','cloneFrom':1}")
              .answers(
                  201,
                  "{'version':"
                      + VERSION.formatted(2, "two", "'p'", "<any>", false, "<any>")
                      + "}"),
          row("2.1 scalar as list")
              .patch(ALL + "/2", "{'knowledgeFiles':'a.md'}")
              .answers(200, "{'version':<any>'knowledgeFiles':['a.md'],<any>}"),
          row("V1 200")
              .get(ALL)
              .answers(200, "{'versions':[{<any>'versionNumber':2,<any>'versionNumber':1,<any>}]}"),
          row("V1 404").get("/api/agents/none/versions").refuses(404, "Agent not found"),
          row("V2 404").post("/api/agents/none/versions", "{}").refuses(404, "Agent not found"),
          row("V2 400 source")
              .post(ALL, "{'cloneFrom':9}")
              .refuses(400, "Source version 9 not found"),
          row("V2 400 empty body").post(ALL, "").refusesShort(),
          row("V3 200 by number").get(ALL + "/1").answers(200, "{'version':" + FIRST + "}"),
          row("V3 200 by id").get(ALL + "/{version}").answers(200, "{'version':" + FIRST + "}"),
          row("V3 404 agent").get("/api/agents/none/versions/1").refuses(404, "Agent not found"),
          row("V3 404 version").get(ALL + "/9").refuses(404, "Version not found"),
          row("V4 200")
              .patch(ALL + "/1", "{'name':'uno','releaseNotes':'n'}")
              .answers(
                  200,
                  "{'version':"
                      + VERSION.formatted(1, "uno", "'p'", "'n'", false, "['k.md']")
                      + "}"),
          row("V4 404").patch(ALL + "/9", "{}").refuses(404, "Version not found"),
          row("V6 200")
              .post(ALL + "/1/activate")
              .answers(200, "{'activated':true,'versionNumber':1}"),
          row("V6 404").post(ALL + "/9/activate").refuses(404, "Version not found"),
          row("V5 204").delete(ALL + "/2").answers(204, ""),
          row("V5 404").delete(ALL + "/2").refuses(404, "Version not found"));

  private VersionRows() {}
}
