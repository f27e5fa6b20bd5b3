package dev.ash.node.management;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.ash.config.AuthConfig;
import dev.ash.config.ClusterConfig;
import dev.ash.node.auth.InternalAccess;
import dev.ash.node.cluster.Readiness;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.server.AllDirectives;
import org.apache.pekko.http.javadsl.server.PathMatchers;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.management.javadsl.PekkoManagement;
import org.jspecify.annotations.Nullable;

/**
 * The management server of a node. Reading is open, as probes have no key: keep the port inside.
 * Whatever changes something needs the internal secret.
 */
public final class Management extends AllDirectives {
  private final AuthConfig auth;
  private final Ports ports;

  /**
   * What the routes call.
   *
   * @param nodes the overview, as JSON will show it
   * @param whereabouts where the session of an id belongs
   * @param drain begins to leave; returns at once
   */
  public record Ports(
      Readiness readiness,
      Supplier<CompletionStage<Overview>> nodes,
      Function<SessionId, CompletionStage<Whereabouts>> whereabouts,
      Runnable drain) {}

  /**
   * Where a session belongs.
   *
   * @param node absent while no node has the shard
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Whereabouts(String session, String shard, @Nullable String node) {}

  private Management(AuthConfig auth, Ports ports) {
    this.auth = auth;
    this.ports = ports;
  }

  /** Listens; returns when it does. Blocks. */
  public static ServerBinding start(
      ActorSystem<?> system, ClusterConfig.Management address, AuthConfig auth, Ports ports)
      throws IOException, InterruptedException {
    var routes = new Management(auth, ports).routes(PekkoManagement.get(system).getRoutes());
    try {
      return Http.get(system)
          .newServerAt(address.host(), address.port())
          .bind(routes)
          .toCompletableFuture()
          .get();
    } catch (ExecutionException e) {
      throw new IOException(
          "cannot listen on %s:%d for management: %s (another node or program listens there? choose"
                  .formatted(address.host(), address.port(), e.getCause())
              + " with ASH_MANAGEMENT_PORT)",
          e);
    }
  }

  private Route routes(Route pekko) {
    return concat(
        path(
            PathMatchers.segment("health").slash("alive"),
            () -> get(() -> json(200, Map.of("status", "ok")))),
        path(PathMatchers.segment("health").slash("ready"), () -> get(this::ready)),
        path("nodes", () -> get(() -> onSuccess(ports.nodes().get(), all -> json(200, all)))),
        path(
            PathMatchers.segment("sessions").slash(PathMatchers.segment()),
            id -> get(() -> whereabouts(id))),
        path("drain", () -> post(() -> guarded(this::drain))),
        extractRequest(request -> changes(request) ? guarded(() -> pekko) : pekko));
  }

  private Route ready() {
    return onSuccess(
        ports.readiness().look(),
        checks -> {
          var ready = checks.values().stream().allMatch("ok"::equals);
          return json(ready ? 200 : 503, new Ready(ready, checks));
        });
  }

  /** The answer of {@code /health/ready}. */
  record Ready(boolean ready, Map<String, String> checks) {}

  private Route whereabouts(String id) {
    return SessionId.parse(id)
        .<Route>map(
            session -> onSuccess(ports.whereabouts().apply(session), found -> json(200, found)))
        .orElseGet(() -> error(400, "session: " + id + " (expected: a UUID)"));
  }

  private Route drain() {
    ports.drain().run();
    return json(202, Map.of("draining", true));
  }

  private static boolean changes(HttpRequest request) {
    return !List.of(HttpMethods.GET, HttpMethods.HEAD, HttpMethods.OPTIONS)
        .contains(request.method());
  }

  private Route guarded(Supplier<Route> inner) {
    return extractRequest(
        request -> {
          var access = InternalAccess.of(auth, authorization(request));
          return switch (access) {
            case ALLOWED -> inner.get();
            case WRONG_SECRET -> error(401, access.text());
            case DISABLED ->
                error(503, "Disabled: set ASH_INTERNAL_SECRET to the node to use this");
          };
        });
  }

  private static List<String> authorization(HttpRequest request) {
    return StreamSupport.stream(request.getHeaders().spliterator(), false)
        .filter(header -> header.is("authorization"))
        .map(HttpHeader::value)
        .toList();
  }

  private Route error(int status, String text) {
    return json(status, Map.of("error", text, "statusCode", status));
  }

  private Route json(int status, Object body) {
    return complete(
        HttpResponse.create()
            .withStatus(status)
            .withEntity(ContentTypes.APPLICATION_JSON, Json.write(body)));
  }
}
