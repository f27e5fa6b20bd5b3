package dev.ash.gateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.gateway.audit.UsageLedger;
import dev.ash.gateway.config.GatewayConfig;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;

/** Everything that the gateway answers without an upstream. */
final class OwnRoutes {
  private static final Set<String> HEALTH = Set.of("/healthz", "/health", "/v1/health");

  private final GatewayConfig config;
  private final Answer answer;
  private final MetricsPage metricsPage;
  private final Optional<Pages> pages;
  private final List<OwnRoute> routes = new ArrayList<>();
  private final OwnRoute kong;

  /** The admin API's listener while a configuration without a key store is in force. */
  private record Closed(Semaphore room) implements OwnRoute {
    @Override
    public boolean isFor(String path) {
      return true;
    }

    @Override
    public Door.Entry enter(Request request, Visit visit, Instant now) {
      return new Door.Entry.Unknown("There is no key store now, so nobody administers it");
    }

    @Override
    public void handle(
        Request request, Response response, Visit visit, Door.Entry.Known known, byte[] body) {
      throw new IllegalStateException("nobody comes in");
    }
  }

  OwnRoutes(
      GatewayConfig config,
      Door door,
      Answer answer,
      GatewayMetrics metrics,
      UsageLedger ledger,
      InstantSource clock) {
    this.config = config;
    this.answer = answer;
    this.metricsPage = new MetricsPage(metrics, config.limits().metricsToken(), answer);
    var hashes = new Hashes(config.access().pepper());
    var administered = door.isAdministered() && door.liveKeys().isPresent();
    this.pages =
        administered && config.admin().pages() ? Optional.of(new Pages(answer)) : Optional.empty();
    if (administered) {
      routes.add(
          new KeyRoutes(door, door.liveKeys().get(), hashes, config.listen(), answer, clock));
      routes.add(new UsageRoutes(door, config, ledger, answer));
    }
    this.kong =
        config
            .admin()
            .listen()
            .flatMap(
                listen ->
                    door.liveKeys()
                        .<OwnRoute>map(
                            keys ->
                                new KongRoutes(
                                    door, keys, hashes, config.access(), listen, answer, clock)))
            .orElse(new Closed(new Semaphore(OwnRoute.PLACES)));
  }

  /** Answers what needs no credential; false where it does. */
  boolean answered(Request request, Response response, Visit visit) throws IOException {
    if (visit.administers) {
      return false;
    }
    if (HEALTH.contains(visit.path)) {
      answer.own(response, 200, "application/json", "{\"status\":\"ok\"}".getBytes(UTF_8));
      return true;
    }
    if (visit.origin.refusal(config.access().addresses()).isPresent()) {
      return false;
    }
    if (visit.path.equals("/metrics")) {
      metricsPage.show(request, response);
      return true;
    }
    return pages.isPresent() && pages.get().shown(response, visit);
  }

  /** What answers a path for whom it lets in; empty for what goes upstream. */
  Optional<OwnRoute> at(Visit visit) {
    return visit.administers
        ? Optional.of(kong)
        : routes.stream().filter(route -> route.isFor(visit.path)).findFirst();
  }
}
