package dev.ash.node.api;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.ash.node.api.http.Endpoint;
import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Replies;
import dev.ash.node.cluster.Nodes;
import dev.ash.node.session.Sessions.Stats;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** {@code /health} and {@code /metrics}: open to everybody. */
final class HealthRoutes {
  private final LatestStats stats;
  private final InstantSource clock;
  private final Instant started;
  private final String nodeId;
  private final Nodes nodes;
  private final Supplier<String> isolation;
  private final Supplier<String> extraMetrics;

  @JsonPropertyOrder({
    "total",
    "cold",
    "warming",
    "warm",
    "waiting",
    "running",
    "maxCapacity",
    "resumeWarmHits",
    "resumeColdHits",
    "preWarmHits"
  })
  record Pool(
      int total,
      int cold,
      int warming,
      int warm,
      int waiting,
      int running,
      int maxCapacity,
      long resumeWarmHits,
      long resumeColdHits,
      long preWarmHits) {}

  @JsonPropertyOrder({
    "status",
    "activeSessions",
    "activeSandboxes",
    "uptime",
    "pool",
    "version",
    "coordinatorId",
    "remoteRunners",
    "isolation"
  })
  record Health(
      String status,
      long activeSessions,
      int activeSandboxes,
      long uptime,
      Pool pool,
      String version,
      String coordinatorId,
      int remoteRunners,
      String isolation) {}

  HealthRoutes(
      LatestStats stats,
      InstantSource clock,
      String nodeId,
      Nodes nodes,
      Supplier<String> isolation,
      Supplier<String> extraMetrics) {
    this.stats = stats;
    this.clock = clock;
    this.started = clock.instant();
    this.nodeId = nodeId;
    this.nodes = nodes;
    this.isolation = isolation;
    this.extraMetrics = extraMetrics;
  }

  List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get("/health", this::health).openTo(Endpoint.Access.OPEN),
        Endpoint.get("/metrics", this::metrics).openTo(Endpoint.Access.OPEN));
  }

  private CompletionStage<HttpResponse> health(Exchange exchange) {
    return stats.get().thenApply(s -> Replies.ok(health(s)));
  }

  private CompletionStage<HttpResponse> metrics(Exchange exchange) {
    return stats
        .get()
        .thenApply(
            s -> Replies.metrics(MetricsPage.render(s, uptime(), nodeId) + extraMetrics.get()));
  }

  private Health health(Stats s) {
    var live = MetricsPage.live(s);
    return new Health(
        "ok",
        s.activeSessions(),
        live,
        uptime(),
        new Pool(
            live,
            0,
            0,
            s.warm(),
            s.waiting(),
            s.running(),
            s.maxSandboxes(),
            s.resumeWarm(),
            s.resumeCold(),
            s.startedAhead()),
        Api.VERSION,
        nodeId,
        remoteRunners(),
        isolation.get());
  }

  /** Other nodes that host sandboxes. */
  private int remoteRunners() {
    return (int) nodes.all().stream().skip(1).filter(node -> node.load().hostsSandboxes()).count();
  }

  private long uptime() {
    return Duration.between(started, clock.instant()).toSeconds();
  }
}
