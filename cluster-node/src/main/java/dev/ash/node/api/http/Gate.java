package dev.ash.node.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ash.config.HttpConfig;
import dev.ash.config.Secret;
import dev.ash.node.api.json.Schema;
import dev.ash.node.api.json.SchemaCheck;
import dev.ash.node.api.json.SchemaCheck.Fault;
import dev.ash.node.api.json.SchemaCheck.Fits;
import dev.ash.node.auth.Caller;
import dev.ash.node.auth.Keys;
import dev.ash.node.telemetry.Metrics;
import dev.ash.node.upload.UploadFile;
import dev.ash.node.upload.Uploads;
import dev.ash.persistence.Database.DatabaseException;
import java.net.InetAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.http.javadsl.model.AttributeKeys;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.RemoteAddress;
import org.apache.pekko.stream.Materializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checks before a handler, in the contract's order: preflight, key, route, rate, body, schema
 * (of the path, the body, the query). The first that fails answers.
 */
public final class Gate {
  private static final Logger LOG = LoggerFactory.getLogger(Gate.class);
  private static final List<String> OPEN_PREFIXES =
      List.of("/docs", "/dashboard", "/api/internal/");

  private final RouteTable routes;
  private final Authentication authentication;
  private final RateLimits rates;
  private final Cors cors;
  private final InstantSource clock;
  private final Metrics metrics;
  private final Uploads uploads;
  private final LargeBodies large = new LargeBodies(Runtime.getRuntime().maxMemory() / 2);
  private final AtomicLong faults = new AtomicLong();

  /** Refuses settings that name routes which are not among these. */
  public static void check(HttpConfig config, List<Endpoint> endpoints) {
    RateLimits.requireRoutes(config, endpoints);
  }

  public Gate(
      List<Endpoint> endpoints,
      Keys keys,
      Optional<Secret> internalSecret,
      HttpConfig config,
      InstantSource clock,
      Metrics metrics,
      Uploads uploads) {
    this.routes = new RouteTable(endpoints);
    this.authentication = new Authentication(keys, internalSecret);
    this.rates = new RateLimits(config, clock);
    this.cors = new Cors(config.allowedOrigins());
    this.clock = clock;
    this.metrics = metrics;
    this.uploads = uploads;
  }

  /** Always answers; a failure of ours is a 500. */
  public CompletionStage<HttpResponse> handle(HttpRequest request, Materializer materializer) {
    var preflight = cors.preflight(request);
    if (preflight.isPresent()) {
      return unread(request, preflight.get(), materializer);
    }
    return CompletableFuture.completedStage(request)
        .thenCompose(r -> authenticate(r, materializer))
        .exceptionally(thrown -> unexpected(request, thrown))
        .thenApply(response -> response.addHeaders(cors.headers(request)));
  }

  private CompletionStage<HttpResponse> authenticate(
      HttpRequest request, Materializer materializer) {
    var begin = System.nanoTime();
    var target = Target.of(request);
    var match = routes.find(request.method().value(), target);
    return authenticate(request, target, match, materializer)
        .exceptionally(thrown -> unexpected(request, thrown))
        .thenApply(
            response -> {
              metrics.answered(
                  match.map(m -> m.endpoint().method()).orElse("OTHER"),
                  match.map(m -> m.endpoint().path()).orElse("none"),
                  response.status().intValue(),
                  Duration.ofNanos(System.nanoTime() - begin));
              return response;
            });
  }

  private CompletionStage<HttpResponse> authenticate(
      HttpRequest request,
      Target target,
      Optional<RouteTable.Match> match,
      Materializer materializer) {
    var access = match.map(m -> m.endpoint().access()).orElseGet(() -> accessOf(target.path()));
    return authentication
        .check(access, request)
        .thenCompose(
            verdict ->
                switch (verdict) {
                  case Authentication.Refused(var response) ->
                      unread(request, response, materializer);
                  case Authentication.Passed(var caller) ->
                      match.isPresent()
                          ? limit(request, target, match.get(), caller, materializer)
                          : unread(
                              request,
                              Problems.noRoute(request.method().value(), target.url()),
                              materializer);
                });
  }

  /** Without a key it is not even told what exists. */
  private static Endpoint.Access accessOf(String unknownPath) {
    return unknownPath.equals("/favicon.ico")
            || OPEN_PREFIXES.stream().anyMatch(unknownPath::startsWith)
        ? Endpoint.Access.OPEN
        : Endpoint.Access.KEY;
  }

  private CompletionStage<HttpResponse> limit(
      HttpRequest request,
      Target target,
      RouteTable.Match match,
      Optional<Caller> caller,
      Materializer materializer) {
    var allowance = rates.take(match.endpoint(), caller, () -> address(request));
    if (allowance.exceeded()) {
      metrics.rateLimited(match.endpoint().rate().name().toLowerCase(Locale.ROOT));
      var response =
          Problems.tooMany(allowance.wording())
              .addHeader(Replies.header("retry-after", Long.toString(allowance.seconds())));
      return unread(request, response.addHeaders(allowance.headers()), materializer);
    }
    var room = new Room(large.charge(), uploads.begin(caller.map(Caller::tenant)));
    return read(request, target, match, caller, room, materializer)
        .whenComplete((_, _) -> room.close())
        // A fault of ours counts as well, and says so.
        .exceptionally(thrown -> unexpected(request, thrown))
        .thenApply(
            response ->
                EventStreams.isStream(response)
                    ? response
                    : response.addHeaders(allowance.headers()));
  }

  /** What a request's body may take until it is answered. */
  private record Room(LargeBodies.Charge memory, UploadFile disk) {
    void close() {
      memory.giveBack();
      disk.close();
    }
  }

  /** What it throws ends up in the stage as well, where what was taken is given back. */
  private static CompletionStage<HttpResponse> read(
      HttpRequest request,
      Target target,
      RouteTable.Match match,
      Optional<Caller> caller,
      Room room,
      Materializer materializer) {
    return CompletableFuture.completedStage(match.endpoint())
        .thenCompose(
            endpoint ->
                BodyReader.read(request, endpoint, room.memory(), room.disk(), materializer))
        .thenCompose(
            body ->
                switch (body) {
                  case BodyReader.Refused(var response) ->
                      CompletableFuture.completedStage(response);
                  case BodyReader.Read read ->
                      check(request, target, match, caller, read, materializer);
                });
  }

  private static CompletionStage<HttpResponse> check(
      HttpRequest request,
      Target target,
      RouteTable.Match match,
      Optional<Caller> caller,
      BodyReader.Read read,
      Materializer materializer) {
    var endpoint = match.endpoint();
    var params = SchemaCheck.check(endpoint.params(), match.params(), "params");
    if (!(params instanceof Fits(JsonNode boundParams))) {
      return invalid(endpoint, params);
    }
    var schema = endpoint.body().schema().orElseGet(Schema::anything);
    var body = SchemaCheck.check(schema, read.value(), "body");
    if (!(body instanceof Fits(JsonNode fittingBody))) {
      return invalid(endpoint, body);
    }
    var query = SchemaCheck.check(endpoint.query(), target.query(), "querystring");
    if (!(query instanceof Fits(JsonNode fittingQuery))) {
      return invalid(endpoint, query);
    }
    return endpoint
        .handler()
        .handle(
            new Exchange(
                request,
                caller,
                boundParams,
                fittingQuery,
                fittingBody,
                read.files(),
                materializer));
  }

  private static CompletionStage<HttpResponse> invalid(
      Endpoint endpoint, SchemaCheck.Outcome outcome) {
    var message =
        switch (outcome) {
          case Fault(var text) -> text;
          case Fits _ -> throw new IllegalStateException("what fits is not invalid");
        };
    return CompletableFuture.completedStage(Problems.invalid(endpoint.shortFaults(), message));
  }

  private static CompletionStage<HttpResponse> unread(
      HttpRequest request, HttpResponse response, Materializer materializer) {
    return BodyReader.discard(request, materializer).thenApply(_ -> response);
  }

  private HttpResponse unexpected(HttpRequest request, Throwable thrown) {
    var database = database(thrown);
    if (database.filter(DatabaseException::isUnstorable).isPresent()) {
      LOG.info(
          "{} {}: {}",
          request.method().value(),
          request.getUri().getPathString(),
          thrown.toString());
      return Problems.unstorable();
    }
    if (database.filter(DatabaseException::isUnreachable).isPresent()) {
      LOG.warn(
          "{} {}: {}",
          request.method().value(),
          request.getUri().getPathString(),
          thrown.toString());
      return Problems.databaseAway();
    }
    var id = Long.toString(clock.millis(), 36) + "-" + faults.incrementAndGet();
    LOG.error(
        "fault {} in {} {}",
        id,
        request.method().value(),
        request.getUri().getPathString(),
        thrown);
    return Problems.unexpected(id);
  }

  private static Optional<DatabaseException> database(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof DatabaseException e) {
        return Optional.of(e);
      }
    }
    return Optional.empty();
  }

  private static String address(HttpRequest request) {
    return request
        .getAttribute(AttributeKeys.remoteAddress)
        .flatMap(RemoteAddress::getAddress)
        .map(InetAddress::getHostAddress)
        .orElse("unknown");
  }
}
