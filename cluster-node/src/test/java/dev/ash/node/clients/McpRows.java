package dev.ash.node.clients;

import static dev.ash.node.contract.Row.row;

import dev.ash.node.contract.Row;
import java.util.List;

/** The tools of the MCP server (contract 9.4). */
final class McpRows {
  static final List<Row> BEFORE =
      List.of(
          row("an agent").post("/api/agents", "{'name':'mcp'}").answers(201),
          row("list_agents").get("/api/agents").answers(200, "<any>'mcp'<any>"),
          row("create_session")
              .post("/api/sessions", "{'agent':'mcp'}")
              .answers(201)
              .keeps("session", "/session/id"));

  static final List<Row> AFTER =
      List.of(
          row("list_sessions")
              .get("/api/sessions?agent=mcp")
              .answers(200, "{'sessions':[{<any>'id':'{session}'<any>}]}"),
          row("get_session").get("/api/sessions/{session}").answers(200),
          row("pause_session").post("/api/sessions/{session}/pause").answers(200),
          row("resume_session").post("/api/sessions/{session}/resume").answers(200),
          row("end_session").delete("/api/sessions/{session}").answers(200),
          row("send_message to an ended session")
              .post("/api/sessions/{session}/messages", "{'content':'x'}")
              .refuses(400, "Session is ended"),
          row("health").get("/health").answers(200));

  private McpRows() {}
}
