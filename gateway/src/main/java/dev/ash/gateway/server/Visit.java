package dev.ash.gateway.server;

import java.time.Instant;
import java.util.Optional;

/** What is known of a request so far. Used by its own thread only. */
final class Visit {
  final String id;
  final Instant started;
  final String method;
  final String path;
  final Origin origin;
  Optional<Door.Guest> guest = Optional.empty();
  Optional<String> model = Optional.empty();
  Optional<String> upstream = Optional.empty();
  String authMethod = "none";
  String outcome = "whole";
  boolean rateLimited;
  int status;
  long received;
  long sent;
  long input;
  long output;

  Visit(String id, Instant started, String method, String path, Origin origin) {
    this.id = id;
    this.started = started;
    this.method = method;
    this.path = path;
    this.origin = origin;
  }

  /** What is written down and counted by. */
  String address() {
    return origin.shown();
  }

  long tokens() {
    return input + output;
  }

  AuditLog.Entry entry(long millis) {
    return new AuditLog.Entry(
        started,
        id,
        address(),
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
