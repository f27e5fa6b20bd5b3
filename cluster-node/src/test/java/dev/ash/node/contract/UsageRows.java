package dev.ash.node.contract;

import static dev.ash.node.contract.Row.row;

import java.util.List;

/** Usage and analytics (section 2.13). */
final class UsageRows {
  private static final String STATS =
      "{'totalInputTokens':<int>,'totalOutputTokens':<int>,'totalCacheCreationTokens':<int>,"
          + "'totalCacheReadTokens':<int>,'totalToolCalls':<int>,'totalMessages':<int>,"
          + "'totalComputeSeconds':<any>,'totalCostUsd':<any>}";

  static final List<Row> ROWS =
      List.of(
          row("2.13 GET usage 200")
              .get("/api/usage?limit=1")
              .answers(
                  200,
                  "{'events':[{'id':'<uuid>','tenantId':'default','sessionId':'<uuid>',"
                      + "'agentName':'walker','eventType':'<text>','value':<any>,"
                      + "'createdAt':'<time>'}]}"),
          row("2.13 GET usage 200 filtered")
              .get("/api/usage?sessionId={unknown}&agentName=walker&after=2020-01-01T00:00:00Z")
              .answers(200, "{'events':[]}"),
          row("2.13 GET usage 200 other tenant")
              .get("/api/usage")
              .by("other")
              .answers(200, "{'events':[]}"),
          row("2.13 GET stats 200")
              .get("/api/usage/stats?agentName=walker&before=2100-01-01T00:00:00.000Z")
              .answers(200, "{'stats':" + STATS + "}"),
          row("2.13 GET analytics 200")
              .get("/api/analytics")
              .answers(
                  200,
                  "{'agents':{'total':2},'sessions':{'total':2,'byStatus':{'active':1,'ended':1}},"
                      + "'usage':"
                      + STATS
                      + ",'evals':{'totalRuns':0,'byStatus':{}}}"));

  private UsageRows() {}
}
