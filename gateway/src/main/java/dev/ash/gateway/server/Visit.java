package dev.ash.gateway.server;

import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.eclipse.jetty.server.Request;

/** What is known of a request so far. Used by its own thread only. */
final class Visit {
  final String id;
  final Instant started;
  final String method;
  final String path;
  Optional<Door.Guest> guest = Optional.empty();
  Optional<String> model = Optional.empty();
  Optional<String> upstream = Optional.empty();
  Optional<TokenUsage> used = Optional.empty();
  Optional<String> upstreamId = Optional.empty();
  String authMethod = "none";
  String outcome = "whole";
  boolean rateLimited;
  int status;
  long received;
  long sent;

  Visit(String id, Instant started, String method, String path) {
    this.id = id;
    this.started = started;
    this.method = method;
    this.path = path;
  }

  String address(Request request) {
    return request.getConnectionMetaData().getRemoteSocketAddress() instanceof InetSocketAddress a
        ? a.getAddress().getHostAddress()
        : "unknown";
  }

  long tokens() {
    return used.orElse(TokenUsage.NONE).total();
  }

  /** Whether the provider has begun to answer, and so to count. */
  boolean costs() {
    return path.equals("/v1/messages") && upstream.isPresent() && status >= 200 && status < 300;
  }

  AuditLog.Entry entry(Request request, long millis, OptionalLong nanos) {
    return new AuditLog.Entry(
        started,
        id,
        upstreamId,
        RequestIds.ofClient(request.getHeaders()),
        address(request),
        guest.map(Door.Guest::name),
        authMethod,
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
