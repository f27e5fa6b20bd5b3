package dev.ash.node.api;

import static dev.ash.node.api.json.Schema.anything;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.config.Secret;
import dev.ash.node.api.http.BodyRule;
import dev.ash.node.api.http.Endpoint;
import dev.ash.node.api.http.Exchange;
import dev.ash.node.api.http.Problems;
import dev.ash.node.api.http.Replies;
import dev.ash.node.cluster.NodeLoad;
import dev.ash.node.cluster.Nodes;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/internal/runners} (contract 10.1). A runner is a node of the cluster: registering
 * tells it which nodes to join, and the list is that of the nodes that host sandboxes.
 */
final class RunnerRoutes {
  private final Nodes nodes;
  private final Optional<Secret> databaseUrl;

  @JsonPropertyOrder({"runnerId", "host", "port", "active", "max", "lastHeartbeat"})
  record RunnerView(
      String runnerId, String host, int port, int active, int max, String lastHeartbeat) {}

  @JsonPropertyOrder({"runners", "count", "hasLocal"})
  record RunnersView(List<RunnerView> runners, int count, boolean hasLocal) {}

  @JsonInclude(JsonInclude.Include.NON_NULL)
  record AdmittedView(boolean ok, List<String> seeds, @Nullable String databaseUrl) {}

  /**
   * Of a node.
   *
   * @param databaseUrl what the nodes share; empty on SQLite, which no other node can use
   */
  RunnerRoutes(Nodes nodes, Optional<Secret> databaseUrl) {
    this.nodes = nodes;
    this.databaseUrl = databaseUrl;
  }

  List<Endpoint> endpoints() {
    return List.of(
        Endpoint.get("/api/internal/runners", this::list).openTo(Endpoint.Access.INTERNAL),
        post("register", this::register),
        post("heartbeat", this::heartbeat),
        post("deregister", this::heartbeat));
  }

  private static Endpoint post(String name, Endpoint.Handler handler) {
    return Endpoint.post("/api/internal/runners/" + name, anything(), handler)
        .taking(BodyRule.of(anything()).orEmpty())
        .openTo(Endpoint.Access.INTERNAL);
  }

  private CompletionStage<HttpResponse> list(Exchange exchange) {
    var hosts = nodes.all().stream().filter(node -> node.load().hostsSandboxes()).toList();
    var views =
        hosts.stream()
            .sorted(Comparator.comparingInt((Nodes.Heard node) -> node.load().free()).reversed())
            .map(RunnerRoutes::view)
            .toList();
    return done(Replies.ok(new RunnersView(views, views.size(), nodes.self().hostsSandboxes())));
  }

  private static RunnerView view(Nodes.Heard node) {
    NodeLoad load = node.load();
    return new RunnerView(
        load.name(),
        load.host(),
        load.port(),
        load.running(),
        load.capacity(),
        Stamp.of(node.at()));
  }

  private CompletionStage<HttpResponse> register(Exchange exchange) {
    var body = exchange.body();
    if (isMissing(body, "runnerId") || isMissing(body, "host") || !body.path("port").isNumber()) {
      return done(Problems.bare(400, "Missing required fields: runnerId, host, port"));
    }
    if (!body.path("joins").asBoolean(false)) {
      return done(
          Problems.bare(
              400,
              "This runner does not join the cluster (expected: one started with ash start"
                  + " --runner of this version)"));
    }
    if (databaseUrl.isEmpty()) {
      return done(
          Problems.bare(
              409,
              "This server keeps its data in SQLite, which runners cannot use (expected:"
                  + " ASH_DATABASE_URL=postgres://... on the coordinator)"));
    }
    var seeds = nodes.all().stream().map(node -> node.load().address()).toList();
    var url = body.path("wantsDatabase").asBoolean(false) ? databaseUrl.get().reveal() : null;
    return done(Replies.ok(new AdmittedView(true, seeds, url)));
  }

  /** Nodes of a cluster watch one another: what a runner says of itself here changes nothing. */
  private CompletionStage<HttpResponse> heartbeat(Exchange exchange) {
    return done(
        isMissing(exchange.body(), "runnerId")
            ? Problems.bare(400, "Missing runnerId")
            : Replies.ok(Map.of("ok", true)));
  }

  private static boolean isMissing(JsonNode body, String field) {
    return body.path(field).asText("").isEmpty();
  }

  private static CompletionStage<HttpResponse> done(HttpResponse response) {
    return CompletableFuture.completedStage(response);
  }
}
