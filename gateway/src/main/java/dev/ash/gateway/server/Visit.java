package dev.ash.gateway.server;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** What is known of a request so far. Used by its own thread only. */
final class Visit {
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
    this.method = method;
    this.path = path;
    this.origin = origin;
    this.clientIds = clientIds;
    this.administers = administers;
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
        path.length() > 200 ? path.substring(0, 200) : path,
        upstream,
        method,
        status,
        millis,
        used,
        costs() ? Optional.of(nanos) : Optional.empty(),
        model,
        rateLimited,
        outcome);
  }
}
