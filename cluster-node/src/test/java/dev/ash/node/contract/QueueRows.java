package dev.ash.node.contract;

import static dev.ash.node.contract.Row.row;

import java.util.List;

/** The queue (section 2.12), of a node that takes nothing from it. */
final class QueueRows {
  static final List<Row> ROWS =
      List.of(
          row("2.12 POST 201")
              .post("/api/queue", "{'agentName':'walker','prompt':'q'}")
              .answers(201, item("walker", "pending", "null"))
              .keeps("item", "/item/id"),
          row("2.12 POST 201 of no agent")
              .post(
                  "/api/queue",
                  "{'agentName':'none','prompt':'q','sessionId':'{unknown}','priority':2,"
                      + "'maxRetries':1}")
              .answers(
                  201,
                  "{'item':{<any>'sessionId':'{unknown}',<any>'priority':2,'retryCount':0,"
                      + "'maxRetries':1,<any>}}"),
          row("2.12 GET 200")
              .get("/api/queue")
              .answers(
                  200, "{'items':[{<any>'agentName':'none',<any>'agentName':'walker',<any>}]}"),
          row("2.12 GET 200 of a status")
              .get("/api/queue?status=completed&limit=1")
              .answers(200, "{'items':[]}"),
          row("2.12 GET stats 200")
              .get("/api/queue/stats")
              .answers(
                  200,
                  "{'stats':{'pending':2,'processing':0,'completed':0,'failed':0,'cancelled':0}}"),
          row("2.12 GET one 200")
              .get("/api/queue/{item}")
              .answers(200, item("walker", "pending", "null")),
          row("2.12 GET one 404").get("/api/queue/{unknown}").refuses(404, "Queue item not found"),
          row("2.12 GET one 404 other tenant")
              .get("/api/queue/{item}")
              .by("other")
              .refuses(404, "Queue item not found"),
          row("2.12 DELETE 404 other tenant")
              .delete("/api/queue/{item}")
              .by("other")
              .refuses(404, "Queue item not found"),
          row("2.12 DELETE 200")
              .delete("/api/queue/{item}")
              .answers(200, item("walker", "cancelled", "null")),
          row("2.12 DELETE 400")
              .delete("/api/queue/{item}")
              .refuses(400, "Cannot cancel item with status \"cancelled\""),
          row("2.12 DELETE 404")
              .delete("/api/queue/{unknown}")
              .refuses(404, "Queue item not found"));

  private QueueRows() {}

  private static String item(String agent, String status, String completed) {
    return "{'item':{'id':'<uuid>','tenantId':'default','sessionId':null,'agentName':'"
        + agent
        + "','prompt':'q','status':'"
        + status
        + "','priority':0,'retryCount':0,'maxRetries':3,'error':null,'createdAt':'<time>',"
        + "'startedAt':null,'completedAt':"
        + completed
        + "}}";
  }
}
