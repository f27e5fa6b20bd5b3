package dev.ash.node.contract;

import static dev.ash.node.contract.Row.row;

import java.util.List;

/** Health, metrics and documents (sections 2.3 and 8). */
final class HealthRows {
  private static final String HEALTH =
      "{'status':'ok','activeSessions':<int>,'activeSandboxes':<int>,'uptime':<int>,"
          + "'pool':{'total':<int>,'cold':<int>,'warming':<int>,'warm':<int>,'waiting':<int>,"
          + "'running':<int>,'maxCapacity':<int>,'resumeWarmHits':<int>,'resumeColdHits':<int>,"
          + "'preWarmHits':<int>},'version':'0.2.0','coordinatorId':'<text>-<int>',"
          + "'remoteRunners':0,'isolation':'<text>'}";

  private static final String METRICS =
      """
      # HELP ash_up Whether the Ash server is up (always 1 if reachable).
      # TYPE ash_up gauge
      ash_up{coordinator="<text>"} 1

      # HELP ash_uptime_seconds Seconds since server start.
      # TYPE ash_uptime_seconds gauge
      ash_uptime_seconds <int>

      # HELP ash_active_sessions Number of active sessions.
      # TYPE ash_active_sessions gauge
      ash_active_sessions <int>

      # HELP ash_active_sandboxes Number of live sandbox processes.
      # TYPE ash_active_sandboxes gauge
      ash_active_sandboxes <int>

      # HELP ash_pool_sandboxes Sandbox count by state.
      # TYPE ash_pool_sandboxes gauge
      ash_pool_sandboxes{state="cold"} <int>
      ash_pool_sandboxes{state="warming"} <int>
      ash_pool_sandboxes{state="warm"} <int>
      ash_pool_sandboxes{state="waiting"} <int>
      ash_pool_sandboxes{state="running"} <int>

      # HELP ash_pool_max_capacity Maximum sandbox capacity.
      # TYPE ash_pool_max_capacity gauge
      ash_pool_max_capacity <int>

      # HELP ash_resume_total Total session resumes by path (warm=sandbox alive, cold=new sandbox).
      # TYPE ash_resume_total counter
      ash_resume_total{path="warm"} <int>
      ash_resume_total{path="cold"} <int>
      ash_resume_total{path="prewarm"} <int>

      # HELP ash_resume_cold_total Cold resume breakdown by workspace source.
      # TYPE ash_resume_cold_total counter
      ash_resume_cold_total{source="local"} <int>
      ash_resume_cold_total{source="cloud"} <int>
      ash_resume_cold_total{source="fresh"} <int>

      <any>\
      """;

  static final List<Row> ROWS =
      List.of(
          row("8.2 GET /health")
              .get("/health")
              .withoutKey()
              .answers(200, HEALTH)
              .with("content-type", "application/json; charset=utf-8"),
          // The reference asks for a key once there is a query.
          row("2.3 GET /health with a query").get("/health?a=1").withoutKey().answers(200, HEALTH),
          // Without a key, so that it can be scraped (B8); the names are the contract's.
          row("8.1 GET /metrics")
              .get("/metrics")
              .withoutKey()
              .answers(200, METRICS)
              .with("content-type", "text/plain; version=0.0.4; charset=utf-8"),
          row("8.1 GET /metrics with a key").get("/metrics").answers(200, METRICS),
          row("2.3 GET /docs").get("/docs").withoutKey().answers(200, "<any><html<any>"),
          row("2.3 GET /docs/").get("/docs/").withoutKey().answers(200, "<any><html<any>"),
          row("2.3 GET /docs/static/*")
              .get("/docs/static/swagger-ui.css")
              .withoutKey()
              .answers(200)
              .with("content-type", "text/css<any>"),
          // One version of OpenAPI newer than the reference's.
          row("2.3 GET /docs/json")
              .get("/docs/json")
              .withoutKey()
              .answers(200, "{'openapi':'3.1.0',<any>}"),
          row("2.3 GET /docs/yaml")
              .get("/docs/yaml")
              .withoutKey()
              .answers(200, "<any>openapi: '3.1.0'<any>"),
          row("2.3 GET /favicon.ico")
              .get("/favicon.ico")
              .withoutKey()
              .answers(404, GlobalRows.noRoute("GET", "/favicon.ico")));

  private HealthRows() {}
}
