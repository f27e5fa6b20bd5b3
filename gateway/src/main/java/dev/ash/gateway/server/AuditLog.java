package dev.ash.gateway.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.gateway.audit.AuditQueue;
import dev.ash.gateway.audit.AuditTrail;
import dev.ash.gateway.audit.Seal;
import dev.ash.gateway.config.GatewayConfig.Audit;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One JSON line for each request: never a credential, never a body. */
final class AuditLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
  private static final int NANO_DIGITS = 9;

  /** Where lines go, as a configuration says. */
  private record Open(Audit audit, AuditTrail trail, AuditQueue queue) {}

  private final GatewayServer.World world;
  private final GatewayMetrics metrics;
  private final List<AuditQueue> retired = new CopyOnWriteArrayList<>();
  private volatile Open open;

  /** Why the last line is lost: calls are many, and the reason is one. */
  private volatile String told = "";

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

  private AuditLog(Audit audit, GatewayServer.World world, GatewayMetrics metrics)
      throws IOException {
    this.world = world;
    this.metrics = metrics;
    this.open = opened(audit);
  }

  static AuditLog open(Audit audit, GatewayServer.World world, GatewayMetrics metrics)
      throws IOException {
    return new AuditLog(audit, world, metrics);
  }

  private Open opened(Audit audit) throws IOException {
    var seal = Seal.by(audit.key());
    var trail =
        audit.file().isPresent()
            ? AuditTrail.toFile(audit.file().get(), seal, world.clock())
            : AuditTrail.toStream(world.auditOut(), seal, world.clock());
    return new Open(audit, trail, AuditQueue.into(trail, new Fate()));
  }

  private final class Fate implements AuditQueue.Fate {
    @Override
    public void written(long sequence) {
      told = "";
      metrics.audited(sequence);
    }

    @Override
    public void lost(String why) {
      metrics.auditFailed();
      if (!why.equals(told)) {
        told = why;
        LOG.error("audit log: {}", why);
      }
    }
  }

  /** Goes on as another configuration says. Lines that wait go where they were meant to. */
  void change(Audit next) throws IOException {
    var before = open;
    if (next.file().equals(before.audit().file())) {
      before.trail().sealWith(Seal.by(next.key()));
      open = new Open(next, before.trail(), before.queue());
      return;
    }
    var other = opened(next);
    synchronized (this) {
      open = other;
      before.queue().end();
    }
    retired.removeIf(AuditQueue::isOver);
    retired.add(before.queue());
  }

  /**
   * Hands a line over to be written. Where calls are refused while that fails, it is waited for, as
   * long as the log does not hang.
   */
  void write(Entry entry) throws InterruptedException {
    var line = line(entry);
    Open to;
    AuditQueue.Line handed;
    synchronized (this) {
      to = open;
      handed = to.queue().add(line);
    }
    switch (to.audit().onFailure()) {
      case CONTINUE -> {}
      case REFUSE -> to.queue().await(handed);
    }
  }

  private static ObjectNode line(Entry entry) {
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
    return line;
  }

  private static @Nullable BigDecimal dollars(OptionalLong nanos) {
    return nanos.isPresent() ? BigDecimal.valueOf(nanos.getAsLong(), NANO_DIGITS) : null;
  }

  /**
   * Whether calls are turned away because nothing of them could be written down. The line of the
   * one that is turned away is the next try.
   */
  boolean refuses() {
    var now = open;
    return switch (now.audit().onFailure()) {
      case CONTINUE -> false;
      case REFUSE -> now.trail().isFailing() || now.queue().isStalled() || now.queue().isFull();
    };
  }

  /** Whether a line takes so long to be written that nobody waits for it any more. */
  boolean isStalled() {
    return open.queue().isStalled();
  }

  @Override
  public void close() {
    open.queue().close();
    retired.forEach(AuditQueue::close);
  }
}
