package dev.ash.gateway.server;

import dev.ash.gateway.config.GatewayConfig;
import dev.ash.gateway.config.Parts;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One request: its route, who sends it, whether it may go on, and what is written down of it. */
final class Edge {
  private static final Logger LOG = LoggerFactory.getLogger(Edge.class);
  private static final Set<String> POSTS = Set.of("/v1/messages", "/v1/messages/count_tokens");
  private static final Optional<byte[]> NOTHING = Optional.of(new byte[0]);

  private final GatewayConfig config;
  private final Door door;
  private final Relay relay;
  private final Answer answer;
  private final GatewayMetrics metrics;
  private final AuditLog audit;
  private final InstantSource clock;
  private final Supplier<String> ids;
  private final Intake intake;
  private final Semaphore room;
  private final Books books;
  private final OwnRoutes own;

  Edge(
      GatewayConfig config,
      Relay relay,
      Answer answer,
      GatewayMetrics metrics,
      AuditLog audit,
      InstantSource clock,
      Supplier<String> ids,
      Door door,
      OwnRoutes own) {
    this.config = config;
    this.door = door;
    this.relay = relay;
    this.answer = answer;
    this.metrics = metrics;
    this.audit = audit;
    this.clock = clock;
    this.ids = ids;
    this.intake = new Intake(config.limits().requestBytes(), config.timeouts().idle(), clock);
    this.books = new Books(metrics, audit, new PriceList(config.prices()), clock);
    this.room = new Semaphore(config.limits().concurrent());
    this.own = own;
  }

  void handle(Request request, Response response, Callback callback) {
    Visit visit;
    try {
      visit = Visit.of(request, ids.get(), clock.instant(), config);
    } catch (RuntimeException e) {
      unserved(response, callback, Visit.unknown(request.getMethod(), clock.instant()), e);
      return;
    }
    response.getHeaders().put("x-request-id", visit.id);
    try {
      if (own.answered(request, response, visit)) {
        callback.succeeded();
        return;
      }
    } catch (IOException e) {
      callback.failed(e);
      return;
    } catch (RuntimeException e) {
      unserved(response, callback, visit, e);
      return;
    }
    serve(request, response, callback, visit);
  }

  private void unserved(Response response, Callback callback, Visit visit, RuntimeException e) {
    metrics.opened();
    fault(response, callback, visit, e);
  }

  private void serve(Request request, Response response, Callback callback, Visit visit) {
    metrics.opened();
    // Calls that fill the gateway do not keep its administrators out.
    var seats = own.at(visit).map(OwnRoute::room).orElse(room);
    var admitted = seats.tryAcquire();
    try {
      if (admitted) {
        answered(request, response, visit);
      } else {
        response.getHeaders().put(HttpHeader.RETRY_AFTER, "1");
        refuse(response, visit, new Refusal(503, "The gateway is full"));
      }
      books.close(visit);
      callback.succeeded();
    } catch (IOException e) {
      // What was sent cannot be taken back: the connection's end must tell that it is not whole.
      if (!request.getConnectionMetaData().getConnector().getServer().isRunning()) {
        visit.outcome = "stopped";
      } else if (visit.outcome.equals("whole")) {
        visit.outcome = "client_left";
      }
      metrics.broken(visit.outcome);
      books.close(visit);
      callback.failed(e);
    } catch (InterruptedException e) {
      visit.outcome = "stopped";
      // Before the thread is marked again: a marked one waits for no line.
      books.close(visit);
      Thread.currentThread().interrupt();
      callback.failed(e);
    } catch (RuntimeException e) {
      fault(response, callback, visit, e);
    } finally {
      if (admitted) {
        seats.release();
      }
    }
  }

  /** Whatever went wrong in the gateway itself: the call is answered, counted and written down. */
  private void fault(Response response, Callback callback, Visit visit, RuntimeException fault) {
    LOG.error("request {} failed in the gateway itself", visit.id, fault);
    visit.outcome = "fault";
    metrics.broken(visit.outcome);
    var committed = response.isCommitted();
    try {
      if (!committed) {
        response.reset();
        response.getHeaders().put("x-request-id", visit.id);
        refuse(response, visit, new Refusal(500, "The gateway failed; its log says why"));
      }
    } catch (IOException e) {
      fault.addSuppressed(e);
      committed = true;
    }
    books.close(visit);
    if (committed) {
      callback.failed(fault);
    } else {
      callback.succeeded();
    }
  }

  private void answered(Request request, Response response, Visit visit)
      throws IOException, InterruptedException {
    var stranger = visit.origin.refusal(config.access().addresses());
    if (stranger.isPresent()) {
      refuse(response, visit, stranger.get());
      return;
    }
    if (visit.method.equals("HEAD")
        && !visit.administers
        && (visit.path.equals("/") || visit.path.equals("/api/hello"))) {
      visit.status = 200;
      response.setStatus(200);
      return;
    }
    if (audit.refuses()) {
      visit.unwritable = true;
      response.getHeaders().put(HttpHeader.RETRY_AFTER, "1");
      refuse(response, visit, new Refusal(503, "The audit log cannot be written"));
      return;
    }
    var route = own.at(visit);
    var entry =
        route.isPresent()
            ? route.get().enter(request, visit, clock.instant())
            : door.enter(Shown.by(request), visit.address(), clock.instant());
    switch (entry) {
      case Door.Entry.Unknown(var message) -> {
        metrics.authFailed();
        response.getHeaders().put(HttpHeader.WWW_AUTHENTICATE, "Bearer realm=\"gateway\"");
        refuse(response, visit, new Refusal(401, message));
      }
      case Door.Entry.Barred(var until) -> {
        metrics.authFailed();
        limited(response, visit, until, "Too many failed attempts from this address");
      }
      case Door.Entry.Unknowable() -> {
        response.getHeaders().put(HttpHeader.RETRY_AFTER, "5");
        refuse(response, visit, new Refusal(503, "The issuer's keys cannot be read now"));
      }
      case Door.Entry.Known known -> {
        visit.guest = Optional.of(known.guest());
        visit.authMethod = known.method();
        if (route.isPresent()) {
          own(request, response, visit, route.get(), known);
        } else {
          known(request, response, visit, known);
        }
      }
    }
  }

  private void own(
      Request request, Response response, Visit visit, OwnRoute route, Door.Entry.Known known)
      throws IOException, InterruptedException {
    var body = route.hasBody(visit.method) ? received(request, response, visit) : NOTHING;
    if (body.isPresent()) {
      route.handle(request, response, visit, known, body.get());
    }
  }

  /** The body; empty when the request was refused for it. */
  private Optional<byte[]> received(Request request, Response response, Visit visit)
      throws IOException {
    var read = intake.read(request, visit);
    if (read.isEmpty()) {
      response.getHeaders().put(HttpHeader.CONNECTION, "close");
      refuse(response, visit, new Refusal(408, "The request comes too slowly"));
      return Optional.empty();
    }
    if (read.get().length > config.limits().requestBytes()) {
      refuse(response, visit, new Refusal(413, "Request exceeds the maximum size"));
      return Optional.empty();
    }
    return read;
  }

  private void known(Request request, Response response, Visit visit, Door.Entry.Known entry)
      throws IOException, InterruptedException {
    var guest = entry.guest();
    var post = POSTS.contains(visit.path);
    if (!post && !visit.path.equals("/v1/models") && !visit.path.startsWith("/v1/models/")) {
      refuse(response, visit, new Refusal(404, "Not found"));
      return;
    }
    if (!visit.method.equals(post ? "POST" : "GET")) {
      response.getHeaders().put(HttpHeader.ALLOW, post ? "POST" : "GET");
      refuse(response, visit, new Refusal(405, "Method Not Allowed"));
      return;
    }
    if (!Relay.isTarget(Relay.target(visit.path, request.getHttpURI()))) {
      refuse(response, visit, new Refusal(400, "Path or query: no URI (check its % signs)"));
      return;
    }
    var scope = config.access().oauth().map(o -> post ? o.writeScope() : o.readScope());
    if (scope.isPresent() && !entry.may(scope.get())) {
      response
          .getHeaders()
          .put(
              HttpHeader.WWW_AUTHENTICATE,
              "Bearer error=\"insufficient_scope\", scope=\"" + scope.get() + "\"");
      refuse(response, visit, new Refusal(403, "Token lacks the scope " + scope.get()));
      return;
    }
    var body = new byte[0];
    if (post) {
      var read = received(request, response, visit);
      if (read.isEmpty()) {
        return;
      }
      body = read.get();
      var refusal = look(visit, guest, body);
      if (refusal.isPresent()) {
        refuse(response, visit, refusal.get());
        return;
      }
    }
    // A call may wait for minutes while nothing moves on its connection.
    request.addIdleTimeoutListener(_ -> false);
    if (admitted(response, visit, guest)) {
      forward(request, response, visit, body);
    }
  }

  /** Checks the body as far as this gateway decides by it. */
  private Optional<Refusal> look(Visit visit, Door.Guest guest, byte[] body) {
    var glance = Glance.at(body);
    visit.model = glance.model();
    var decides =
        guest.isHeldToModels() || config.routes().stream().anyMatch(r -> r.model().isPresent());
    if (glance.ambiguous()) {
      return Optional.of(new Refusal(400, "model: there twice (expected: once)"));
    }
    if (decides && (!glance.json() || glance.model().isEmpty())) {
      return Optional.of(new Refusal(400, "model: missing (expected: a text in a JSON object)"));
    }
    return glance.model().filter(model -> !guest.mayUse(model)).isPresent()
        ? Optional.of(new Refusal(404, "model: not available to this key"))
        : Optional.empty();
  }

  private boolean admitted(Response response, Visit visit, Door.Guest guest) throws IOException {
    var admission = guest.admit(clock.instant());
    admission.show(response.getHeaders());
    switch (admission) {
      case Admission.Granted _ -> {
        return true;
      }
      case Admission.Full(var quota) ->
          limited(response, visit, quota.reset(), "Request limit of this key exceeded");
      case Admission.TokensUsedUp(var until) ->
          limited(response, visit, until, "Token limit of this key exceeded");
      case Admission.Unknown() -> {
        response.getHeaders().put(HttpHeader.RETRY_AFTER, "1");
        refuse(response, visit, new Refusal(503, "Limits cannot be counted now"));
      }
    }
    return false;
  }

  private void forward(Request request, Response response, Visit visit, byte[] body)
      throws IOException, InterruptedException {
    var route =
        config.routes().stream()
            .filter(
                r ->
                    r.header()
                        .map(h -> h.value().equals(request.getHeaders().get(h.name())))
                        .orElse(true))
            .filter(
                r ->
                    r.model()
                        .map(p -> visit.model.filter(m -> Parts.matches(p, m)).isPresent())
                        .orElse(true))
            .findFirst();
    if (route.isEmpty()) {
      refuse(response, visit, new Refusal(404, "model: no upstream for it"));
      return;
    }
    var call =
        new Relay.Call(
            visit.method,
            Relay.target(visit.path, request.getHttpURI()),
            request.getHeaders(),
            ByteBuffer.wrap(body));
    switch (relay.send(call, route.get().upstreams())) {
      case Relay.Outcome.Answered answered -> {
        visit.upstream = Optional.of(answered.url().toString());
        visit.upstreamId = RequestIds.ofAnswer(answered.response().headers());
        answer.relayed(response, visit, answered.response());
      }
      case Relay.Outcome.Refused refused -> {
        visit.upstream = Optional.of(refused.url().toString());
        visit.upstreamId = RequestIds.ofAnswer(refused.headers());
        refused
            .headers()
            .firstValue("retry-after")
            .ifPresent(wait -> response.getHeaders().put(HttpHeader.RETRY_AFTER, wait));
        refuse(response, visit, refused.refusal());
      }
      case Relay.Outcome.Failed(var status, var message) ->
          refuse(response, visit, new Refusal(status, message));
      case Relay.Outcome.Spared() -> {
        response.getHeaders().put(HttpHeader.RETRY_AFTER, Long.toString(Breaker.PAUSE.toSeconds()));
        refuse(response, visit, new Refusal(503, "Every upstream is failing; try again later"));
      }
    }
  }

  private void limited(Response response, Visit visit, Instant until, String message)
      throws IOException {
    visit.rateLimited = true;
    metrics.limited(visit.guest.map(Door.Guest::name).orElse("unknown"));
    var wait = Math.max(1, (Duration.between(clock.instant(), until).toMillis() + 999) / 1_000);
    response.getHeaders().put(HttpHeader.RETRY_AFTER, Long.toString(wait));
    refuse(response, visit, new Refusal(429, message));
  }

  private void refuse(Response response, Visit visit, Refusal refusal) throws IOException {
    visit.status = refusal.status();
    var body = visit.administers ? refusal.kongBody() : refusal.body();
    visit.sent = body.length;
    answer.own(response, refusal.status(), "application/json", body);
  }
}
