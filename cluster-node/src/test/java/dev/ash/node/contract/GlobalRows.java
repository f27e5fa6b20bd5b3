package dev.ash.node.contract;

import static dev.ash.node.contract.Row.row;

import java.util.List;

/** What holds for all routes (section 2.1). */
final class GlobalRows {
  private static final String TOO_LARGE =
      "{'statusCode':413,'code':'FST_ERR_CTP_BODY_TOO_LARGE','error':'Payload Too Large',"
          + "'message':'Request body is too large'}";
  private static final String ITEM =
      "{'item':{<any>'agentName':'%s','prompt':'%s','status':'pending','priority':%d,"
          + "'retryCount':0,'maxRetries':3,<any>}}";

  static final List<Row> ROWS =
      List.of(
          row("2.1 trailing slash").get("/health/").answers(404, noRoute("GET", "/health/")),
          row("2.1 HEAD").call("HEAD", "/api/agents").answers(200).with("content-length", "<int>"),
          row("2.1 JSON responses")
              .get("/api/agents")
              .answers(200, "{'agents':[]}")
              .with("content-type", "application/json; charset=utf-8")
              .with("content-length", "13"),
          row("2.1 body over 1 MiB")
              .call("POST", "/api/queue")
              .announces(1_048_577)
              .answers(413, TOO_LARGE),
          // The reference takes 1 MiB (B12).
          row("2.1 agent over 133 MiB")
              .call("POST", "/api/agents")
              .announces(139_810_001)
              .answers(413, TOO_LARGE),
          row("2.1 message over 50 MiB")
              .call("POST", "/api/sessions/{unknown}/messages")
              .announces(52_428_801)
              .answers(413, TOO_LARGE),
          row("2.1 message over 1 MiB")
              .post(
                  "/api/sessions/{unknown}/messages",
                  "{'content':'x','more':'" + "y".repeat(1_100_000) + "'}")
              .refuses(404, "Session not found"),
          row("2.1 files over 200 MiB")
              .call("POST", "/api/sessions/{unknown}/files")
              .announces(209_715_201)
              .answers(413, TOO_LARGE),
          row("2.1 other media type")
              .call("POST", "/api/agents")
              .sends("application/xml", "<a/>")
              .answers(
                  415,
                  "{'statusCode':415,'code':'FST_ERR_CTP_INVALID_MEDIA_TYPE',"
                      + "'error':'Unsupported Media Type','message':'Unsupported Media Type'}"),
          row("2.1 text/plain")
              .call("PATCH", "/api/agents/none")
              .sends("text/plain", "hello")
              .refusesLong("body must be object"),
          row("2.1 empty JSON body")
              .patch("/api/agents/none", "")
              .refusesLong(
                  "FST_ERR_CTP_EMPTY_JSON_BODY",
                  "Body cannot be empty when content-type is set to 'application/json'"),
          row("2.1 empty JSON body, short").post("/api/agents", "").refusesShort(),
          // Accepted where there is nothing to say (B3).
          row("2.1 empty JSON body of a DELETE")
              .delete("/api/agents/none")
              .sends("application/json", "")
              .refuses(404, "Agent not found"),
          row("2.1 malformed JSON")
              .patch("/api/agents/none", "{'env':")
              .refusesLong(
                  "FST_ERR_CTP_INVALID_JSON_BODY",
                  "Body is not valid JSON but content-type is set to 'application/json'"),
          row("2.1 __proto__ key")
              .patch("/api/agents/none", "{'__proto__':{}}")
              .refusesLong(
                  "FST_ERR_CTP_INVALID_JSON_BODY",
                  "Body is not valid JSON but content-type is set to 'application/json'"),
          row("2.1 unknown route")
              .get("/api/nothing?a=1")
              .answers(404, noRoute("GET", "/api/nothing?a=1")),
          row("2.1 wrong method")
              .call("PUT", "/api/agents")
              .answers(404, noRoute("PUT", "/api/agents")),
          row("2.1 key before body").post("/api/agents", "{").withoutKey().answers(401),
          row("2.1 body before schema")
              .patch("/api/sessions/not-a-uuid/config", "{")
              .refusesLong(
                  "FST_ERR_CTP_INVALID_JSON_BODY",
                  "Body is not valid JSON but content-type is set to 'application/json'"),
          row("2.1 schema before handler")
              .get("/api/sessions/not-a-uuid")
              .refusesLong("params/id must match format \"uuid\""),
          row("2.1 rate limit before body")
              .post("/api/sessions", "{")
              .by("other")
              .times(ContractWalk.CREATES + 1)
              .answers(
                  429,
                  "{'statusCode':429,'error':'Too Many Requests',"
                      + "'message':'Rate limit exceeded, retry in 15 minutes'}")
              .with("retry-after", "<int>")
              .with("x-ratelimit-limit", Integer.toString(ContractWalk.CREATES))
              .with("x-ratelimit-remaining", "0"),
          row("2.1 rate limit headers")
              .get("/api/agents")
              .answers(200)
              .with("x-ratelimit-limit", "<int>")
              .with("x-ratelimit-remaining", "<int>")
              .with("x-ratelimit-reset", "<int>"),
          row("2.1 rate limit headers on health")
              .get("/health")
              .withoutKey()
              .answers(200)
              .with("x-ratelimit-limit", "<int>"),
          row("2.1 no rate limit headers on 401")
              .get("/api/agents")
              .withoutKey()
              .answers(401)
              .with("x-ratelimit-limit", "(none)"),
          row("2.1 no rate limit headers on unknown routes")
              .get("/api/nothing")
              .answers(404)
              .with("x-ratelimit-limit", "(none)"),
          row("2.1 number and boolean as text")
              .post("/api/queue", "{'agentName':5,'prompt':true}")
              .by("other")
              .answers(201, ITEM.formatted("5", "true", 0)),
          row("2.1 text as number")
              .post("/api/queue", "{'agentName':'a','prompt':'p','priority':'3'}")
              .by("other")
              .answers(201, ITEM.formatted("a", "p", 3)),
          row("2.1 null as number")
              .post("/api/queue", "{'agentName':'a','prompt':'p','priority':null}")
              .by("other")
              .answers(201, ITEM.formatted("a", "p", 0)),
          row("2.1 unknown fields and defaults")
              .post("/api/queue", "{'agentName':'a','prompt':'p','unknown':{'a':[1]}}")
              .by("other")
              .answers(201, ITEM.formatted("a", "p", 0)),
          row("2.1 CORS reflects any origin")
              .get("/api/agents")
              .header("Origin", "http://app.example")
              .answers(200)
              .with("access-control-allow-origin", "http://app.example")
              .with("access-control-allow-credentials", "true")
              .with("vary", "Origin"),
          row("2.1 CORS preflight")
              .call("OPTIONS", "/api/agents")
              .withoutKey()
              .header("Origin", "http://app.example")
              .header("Access-Control-Request-Method", "POST")
              .header("Access-Control-Request-Headers", "authorization,content-type")
              .answers(204, "")
              .with("access-control-allow-origin", "http://app.example")
              .with("access-control-allow-methods", "GET,HEAD,PUT,PATCH,POST,DELETE")
              .with("access-control-allow-headers", "authorization,content-type"),
          row("2.1 no compression")
              .get("/health")
              .header("Accept-Encoding", "gzip")
              .answers(200)
              .with("content-encoding", "(none)")
              .with("etag", "(none)"));

  private GlobalRows() {}

  static String noRoute(String method, String url) {
    return "{'message':'Route "
        + method
        + ":"
        + url
        + " not found','error':'Not Found','statusCode':404}";
  }
}
