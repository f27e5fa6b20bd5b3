package dev.ash.gateway.server;

import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Optional;
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
  Optional<String> upstreamId = Optional.empty();
  String authMethod = "none";
  String outcome = "whole";
  boolean rateLimited;
  int status;
  long received;
  long sent;
  long input;
  long output;

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
    return input + output;
  }

  AuditLog.Entry entry(Request request, long millis) {
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
        tokens(),
        model,
        rateLimited,
        outcome);
  }
}
