package dev.ash.node.contract;

import static dev.ash.node.contract.Row.row;

import java.util.List;

/** Messages, their streams, and what is stored of them (section 2.7, S10, S11). */
final class MessageRows {
  private static final String MESSAGES = "/api/sessions/{session}/messages";
  private static final String START =
      frame("session_start", "{'sessionId':'{session}','version':'0.2.0'}");
  private static final String DONE = frame("done", "{'sessionId':'{session}'}");

  static final List<Row> ROWS =
      List.of(
          row("2.7 first turn")
              .post(MESSAGES, "{'content':'hello'}")
              .header("Origin", "http://app.example")
              .answers(
                  200,
                  START
                      + assistant("[Mock] Turn 1 | History: hello")
                      + frame("turn_complete", "{'numTurns':1,'result':'Mock response to: hello'}")
                      + frame(
                          "message",
                          "{'type':'result','subtype':'success','session_id':'{session}',"
                              + "'cost_usd':0,'duration_ms':100,'duration_api_ms':50,"
                              + "'is_error':false,'num_turns':1,"
                              + "'result':'Mock response to: hello'}")
                      + DONE)
              .with("content-type", "text/event-stream")
              .with("cache-control", "no-cache")
              .with("transfer-encoding", "chunked")
              .with("x-ratelimit-limit", "(none)")
              // The reference sends none with a stream (B8).
              .with("access-control-allow-origin", "http://app.example"),
          row("2.7 later turn")
              .post(MESSAGES, "{'content':'again'}")
              .answers(200, START + assistant("[Resumed session]") + DONE),
          row("2.7 partials")
              .post(MESSAGES, "{'content':'partial','includePartialMessages':true}")
              .answers(
                  200,
                  START
                      + "<any>"
                      + delta("[Resum")
                      + delta("ed ses")
                      + delta("sion]")
                      + "<any>"
                      + assistant("[Resumed session]")
                      + DONE),
          row("2.7 content empty").post(MESSAGES, "{'content':''}").answers(200, turn()),
          row("2.7 content number").post(MESSAGES, "{'content':42}").answers(200, turn()),
          row("2.7 content null").post(MESSAGES, "{'content':null}").answers(200, turn()),
          // The reference refuses a list of one (B3).
          row("2.7 one block")
              .post(MESSAGES, "{'content':[{'type':'text','text':'a'}]}")
              .answers(200, turn()),
          row("2.7 no blocks").post(MESSAGES, "{'content':[]}").answers(200, turn()),
          row("2.7 blocks")
              .post(
                  MESSAGES,
                  "{'content':[{'type':'text','text':'a'},{'type':'image','source':"
                      + "{'type':'base64','media_type':'image/png','data':'AA=='}}]}")
              .answers(200, turn()),
          row("2.7 options")
              .post(
                  MESSAGES,
                  "{'content':'o','model':'m','maxTurns':2,'maxBudgetUsd':0.5,'effort':'low',"
                      + "'thinking':{'type':'enabled','budgetTokens':10},"
                      + "'outputFormat':{'type':'json_schema','schema':{}}}")
              .answers(200, turn()),
          row("2.7 400 over 20 blocks")
              .post(MESSAGES, "{'content':[" + "{'type':'text'},".repeat(20) + "{'type':'text'}]}")
              .refusesShort(),
          row("2.7 400 unknown block")
              .post(MESSAGES, "{'content':[{'type':'video'},{'type':'text'}]}")
              .refusesShort(),
          row("2.7 400 object").post(MESSAGES, "{'content':{}}").refusesShort(),
          row("2.7 400 content over 500,000")
              .post(MESSAGES, "{'content':'" + "x".repeat(500_001) + "'}")
              .refusesShort(),
          row("2.7 404")
              .post("/api/sessions/{unknown}/messages", "{'content':'x'}")
              .refuses(404, "Session not found"),
          row("S10 200")
              .get(MESSAGES + "?limit=2")
              .answers(
                  200,
                  "{'messages':[{'id':'<uuid>','sessionId':'{session}','role':'user',"
                      + "'content':'{\\'type\\':\\'user\\',\\'content\\':\\'hello\\'}',"
                      + "'sequence':1,'createdAt':'<time>','tenantId':'default'},"
                      + "{'id':'<uuid>','sessionId':'{session}','role':'assistant',"
                      + "'content':'{\\'type\\':\\'assistant\\',<text>}','sequence':2,"
                      + "'createdAt':'<time>','tenantId':'default'}]}"),
          row("S10 200 after").get(MESSAGES + "?after=100000").answers(200, "{'messages':[]}"),
          row("S10 404").get("/api/sessions/{unknown}/messages").refuses(404, "Session not found"),
          row("S11 200")
              .get("/api/sessions/{session}/events?type=lifecycle&limit=1")
              .answers(
                  200,
                  "{'events':[{'id':'<uuid>','sessionId':'{session}','type':'lifecycle',"
                      + "'sequence':1,'createdAt':'<time>','tenantId':'default','data':"
                      + "'{\\'action\\':\\'created\\',\\'agentName\\':\\'walker\\'<text>}'}]}"),
          row("S11 200 after")
              .get("/api/sessions/{session}/events?after=100000")
              .answers(200, "{'events':[]}"),
          row("S11 404").get("/api/sessions/{unknown}/events").refuses(404, "Session not found"));

  private MessageRows() {}

  private static String turn() {
    return START + assistant("[Resumed session]") + DONE;
  }

  private static String assistant(String text) {
    return frame(
        "message",
        "{'type':'assistant','message':{'role':'assistant','content':[{'type':'text','text':'"
            + text
            + "'}]},'session_id':'{session}'}");
  }

  private static String delta(String text) {
    return frame("text_delta", "{'delta':'" + text + "'}")
        + frame(
            "message",
            "{'type':'stream_event','event':{'type':'content_block_delta','index':0,"
                + "'delta':{'type':'text_delta','text':'"
                + text
                + "'}},'session_id':'{session}'}");
  }

  /** With an id (B9), which no published client looks at. */
  private static String frame(String event, String data) {
    return "id: <text>\nevent: " + event + "\ndata: " + data + "\n\n";
  }
}
