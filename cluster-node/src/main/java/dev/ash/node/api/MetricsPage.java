package dev.ash.node.api;

import dev.ash.node.session.Sessions.Stats;

/** The metrics of contract 8.1, as Prometheus reads them. */
final class MetricsPage {
  private final StringBuilder page = new StringBuilder(2048);

  private MetricsPage() {}

  static String render(Stats stats, long uptimeSeconds, String coordinator) {
    var made = new MetricsPage();
    made.family("ash_up", "gauge", "Whether the Ash server is up (always 1 if reachable).")
        .sample("{coordinator=\"" + escape(coordinator) + "\"}", 1)
        .end();
    made.single("ash_uptime_seconds", "Seconds since server start.", uptimeSeconds);
    made.single("ash_active_sessions", "Number of active sessions.", stats.activeSessions());
    made.single("ash_active_sandboxes", "Number of live sandbox processes.", live(stats));
    made.family("ash_pool_sandboxes", "gauge", "Sandbox count by state.")
        .labelled("state", "cold", 0)
        .labelled("state", "warming", 0)
        .labelled("state", "warm", stats.warm())
        .labelled("state", "waiting", stats.waiting())
        .labelled("state", "running", stats.running())
        .end();
    made.single("ash_pool_max_capacity", "Maximum sandbox capacity.", stats.maxSandboxes());
    made.family(
            "ash_resume_total",
            "counter",
            "Total session resumes by path (warm=sandbox alive, cold=new sandbox).")
        .labelled("path", "warm", stats.resumeWarm())
        .labelled("path", "cold", stats.resumeCold())
        .labelled("path", "prewarm", stats.startedAhead())
        .end();
    made.family("ash_resume_cold_total", "counter", "Cold resume breakdown by workspace source.")
        .labelled("source", "local", stats.resumeColdLocal())
        .labelled("source", "cloud", stats.resumeColdCloud())
        .labelled("source", "fresh", stats.resumeColdFresh())
        .end();
    return made.page.toString();
  }

  static int live(Stats stats) {
    return stats.warm() + stats.waiting() + stats.running();
  }

  private void single(String name, String help, long value) {
    family(name, "gauge", help).sample("", value).end();
  }

  private Family family(String name, String type, String help) {
    page.append("# HELP ").append(name).append(' ').append(help).append('\n');
    page.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    return new Family(page, name);
  }

  private static String escape(String label) {
    return label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  private record Family(StringBuilder page, String name) {
    Family sample(String labels, long value) {
      page.append(name).append(labels).append(' ').append(value).append('\n');
      return this;
    }

    Family labelled(String label, String of, long value) {
      return sample("{" + label + "=\"" + of + "\"}", value);
    }

    void end() {
      page.append('\n');
    }
  }
}
