package dev.ash.gateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Optional;

/** One JSON line for each request: never a credential, never a body. */
final class AuditLog implements AutoCloseable {
  private final OutputStream out;
  private final boolean ours;

  /**
   * What is written down.
   *
   * @param outcome how the answer ended: {@code whole}, or who left
   */
  record Entry(
      Instant at,
      String requestId,
      String clientIp,
      Optional<String> user,
      String authMethod,
      String endpoint,
      Optional<String> upstream,
      String method,
      int status,
      long millis,
      long tokens,
      Optional<String> model,
      boolean rateLimited,
      String outcome) {}

  private AuditLog(OutputStream out, boolean ours) {
    this.out = out;
    this.ours = ours;
  }

  static AuditLog open(Optional<Path> file, OutputStream otherwise) throws IOException {
    if (file.isEmpty()) {
      return new AuditLog(otherwise, false);
    }
    var path = file.get();
    if (!Files.exists(path)) {
      Files.createFile(
          path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    return new AuditLog(
        Files.newOutputStream(path, StandardOpenOption.APPEND, StandardOpenOption.WRITE), true);
  }

  /** Writes a line at once; lines of several threads do not mix. */
  void write(Entry entry) throws IOException {
    var line =
        Json.object()
            .put("timestamp", entry.at().toString())
            .put("request_id", entry.requestId())
            .put("client_ip", entry.clientIp())
            .put("user_id", entry.user().orElse(null))
            .put("auth_method", entry.authMethod())
            .put("gateway_endpoint", entry.endpoint())
            .put("upstream_endpoint", entry.upstream().orElse(null))
            .put("http_method", entry.method())
            .put("status_code", entry.status())
            .put("response_time_ms", entry.millis())
            .put("tokens_used", entry.tokens())
            .put("model", entry.model().orElse(null))
            .put("rate_limited", entry.rateLimited())
            .put("outcome", entry.outcome());
    var bytes = (Json.write(line) + "\n").getBytes(UTF_8);
    synchronized (this) {
      out.write(bytes);
      out.flush();
    }
  }

  @Override
  public void close() throws IOException {
    if (ours) {
      out.close();
    }
  }
}
