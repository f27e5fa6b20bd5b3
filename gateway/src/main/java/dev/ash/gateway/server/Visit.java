package dev.ash.gateway.server;

import dev.ash.gateway.config.GatewayConfig;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.eclipse.jetty.server.Request;

/** What is known of a request so far. Used by its own thread only. */
final class Visit {
  /** Longer than any word of HTTP: a caller may write 32 KB there, and lines wait in memory. */
  private static final int MAX_METHOD = 32;

  private static final int MAX_PATH = 200;

  /** With a query, which is the caller's. */
  private static final int MAX_UPSTREAM = 2_000;

  final String id;
  final Instant started;
  final String method;
  final String path;
  final Origin origin;
  private final Map<String, String> clientIds;

  /** Whether it came to the listener of the admin API, which has Kong's shapes. */
  final boolean administers;

  Optional<Door.Guest> guest = Optional.empty();
  Optional<String> keyId = Optional.empty();
  Optional<String> model = Optional.empty();
  Optional<String> upstream = Optional.empty();
  Optional<TokenUsage> used = Optional.empty();
  Optional<String> upstreamId = Optional.empty();
  String authMethod = "none";
  String outcome = "whole";
  boolean rateLimited;

  /** Because nothing could be written down of it. */
  boolean unwritable;

  boolean finished;
  int status;
  long received;
  long sent;

  /**
   * A request that has just come.
   *
   * @param clientIds what its client calls it, by the name of the audit's field
   * @param administers it came to the listener of the admin API
   */
  Visit(
      String id,
      Instant started,
      String method,
      String path,
      Origin origin,
      Map<String, String> clientIds,
      boolean administers) {
    this.id = id;
    this.started = started;
    this.method = cut(method, MAX_METHOD);
    this.path = path;
    this.origin = origin;
    this.clientIds = clientIds;
    this.administers = administers;
  }

  static Visit of(Request request, String id, Instant started, GatewayConfig config) {
    return new Visit(
        id,
        started,
        request.getMethod(),
        path(request, config.listen().basePath()),
        Origin.of(request, config.access().addresses().trustedProxies()),
        RequestIds.ofClient(request.getHeaders()),
        AdminListener.took(request));
  }

  /** A request of which nothing could be found out. */
  static Visit unknown(String method, Instant started) {
    return new Visit(
        UUID.randomUUID().toString(),
        started,
        method,
        "unknown",
        new Origin.Gone(),
        Map.of(),
        false);
  }

  /** The part after the base path, with a doubled {@code /v1} made one. */
  private static String path(Request request, String base) {
    var path = Optional.ofNullable(request.getHttpURI().getPath()).orElse("");
    if (!base.isEmpty() && path.startsWith(base + "/")) {
      path = path.substring(base.length());
    }
    return path.startsWith("/v1/v1/") ? path.substring("/v1".length()) : path;
  }

  /** What is written down and counted by. */
  String address() {
    return origin.shown();
  }

  long tokens() {
    return used.orElse(TokenUsage.NONE).total();
  }

  /** Whether the provider has begun to answer, and so to count. */
  boolean costs() {
    return path.equals("/v1/messages") && upstream.isPresent() && status >= 200 && status < 300;
  }

  AuditLog.Entry entry(long millis, OptionalLong nanos) {
    return new AuditLog.Entry(
        started,
        id,
        upstreamId,
        clientIds,
        address(),
        guest.map(Door.Guest::name),
        authMethod,
        keyId,
        cut(path, MAX_PATH),
        upstream.map(url -> cut(url, MAX_UPSTREAM)),
        method,
        status,
        millis,
        used,
        costs() ? Optional.of(nanos) : Optional.empty(),
        model,
        rateLimited,
        outcome,
        unwritable);
  }

  private static String cut(String text, int most) {
    return text.length() > most ? text.substring(0, most) : text;
  }
}
