package dev.ash.gateway.server;

import dev.ash.gateway.audit.AuditTrail;
import dev.ash.gateway.audit.Seal;
import dev.ash.gateway.config.GatewayConfig.Audit;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** One JSON line for each request: never a credential, never a body. */
final class AuditLog implements AutoCloseable {
  private static final int NANO_DIGITS = 9;

  private final AuditTrail trail;
  private final Audit.OnFailure onFailure;

  /**
   * What is written down.
   *
   * @param upstreamId what the provider calls the request
   * @param clientIds what the client calls it, by the field's name
   * @param keyId the key of the store that this made or ended
   * @param used what the answer counted, if it was read
   * @param costNanos of a call that costs something, in billionths of a US dollar; within it empty
   *     when that is not known
   * @param outcome how the answer ended: {@code whole}, or who left
   */
  record Entry(
      Instant at,
      String requestId,
      Optional<String> upstreamId,
      Map<String, String> clientIds,
      String clientIp,
      Optional<String> user,
      String authMethod,
      Optional<String> keyId,
      String endpoint,
      Optional<String> upstream,
      String method,
      int status,
      long millis,
      Optional<TokenUsage> used,
      Optional<OptionalLong> costNanos,
      Optional<String> model,
      boolean rateLimited,
      String outcome) {}

  private AuditLog(AuditTrail trail, Audit.OnFailure onFailure) {
    this.trail = trail;
    this.onFailure = onFailure;
  }

  static AuditLog open(Audit audit, GatewayServer.World world) throws IOException {
    var seal = Seal.by(audit.key());
    return new AuditLog(
        audit.file().isPresent()
            ? AuditTrail.toFile(audit.file().get(), seal, world.clock())
            : AuditTrail.toStream(world.auditOut(), seal, world.clock()),
        audit.onFailure());
  }

  /** Writes a line at once and gives its number; lines of several threads do not mix. */
  long write(Entry entry) throws IOException {
    var line =
        Json.object()
            .put("timestamp", entry.at().toString())
            .put("request_id", entry.requestId())
            .put("upstream_request_id", entry.upstreamId().orElse(null));
    entry.clientIds().forEach(line::put);
    line.put("client_ip", entry.clientIp())
        .put("user_id", entry.user().orElse(null))
        .put("auth_method", entry.authMethod());
    entry.keyId().ifPresent(id -> line.put("key_id", id));
    line.put("gateway_endpoint", entry.endpoint())
        .put("upstream_endpoint", entry.upstream().orElse(null))
        .put("http_method", entry.method())
        .put("status_code", entry.status())
        .put("response_time_ms", entry.millis())
        .put("tokens_used", entry.used().orElse(TokenUsage.NONE).total());
    entry.used().ifPresent(used -> used.each((kind, n) -> line.put("tokens_" + kind, n)));
    // Nobody knows is null; zero would be a price.
    entry.costNanos().ifPresent(nanos -> line.put("cost_usd", dollars(nanos)));
    line.put("model", entry.model().orElse(null))
        .put("rate_limited", entry.rateLimited())
        .put("outcome", entry.outcome());
    return trail.append(line);
  }

  private static @Nullable BigDecimal dollars(OptionalLong nanos) {
    return nanos.isPresent() ? BigDecimal.valueOf(nanos.getAsLong(), NANO_DIGITS) : null;
  }

  /**
   * Whether calls are turned away because nothing of them could be written down. The line of the
   * one that is turned away is the next try.
   */
  boolean refuses() {
    return switch (onFailure) {
      case CONTINUE -> false;
      case REFUSE -> trail.isFailing();
    };
  }

  @Override
  public void close() throws IOException {
    trail.close();
  }
}
