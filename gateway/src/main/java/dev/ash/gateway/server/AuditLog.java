package dev.ash.gateway.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.gateway.audit.AuditQueue;
import dev.ash.gateway.audit.AuditTrail;
import dev.ash.gateway.audit.Seal;
import dev.ash.gateway.config.GatewayConfig.Audit;
import dev.ash.protocol.json.Json;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One JSON line for each request: never a credential, never a body. */
final class AuditLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
  private static final int NANO_DIGITS = 9;

  /** Opening reads the end of a log; a disk that takes longer for that hangs. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /**
   * Logs before, whose lines still wait for a disk that hangs: each holds as many as the open one.
   */
  private static final int MAX_RETIRED = 3;

  /** Where lines go, as a configuration says. */
  private record Open(Audit audit, AuditTrail trail, AuditQueue queue, Fate fate) {}

  private final GatewayServer.World world;
  private final GatewayMetrics metrics;
  private final List<Open> retired = new CopyOnWriteArrayList<>();
  private volatile Open open;

  /** The last one that was to open a log. It may hang for as long as its disk does. */
  private Optional<Thread> opener = Optional.empty();

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
   * @param unwritable it was turned away because of this log
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
      String outcome,
      boolean unwritable) {}

  private AuditLog(Audit audit, GatewayServer.World world, GatewayMetrics metrics)
      throws IOException {
    this.world = world;
    this.metrics = metrics;
    this.open = filled(audit, opened(audit));
  }

  static AuditLog open(Audit audit, GatewayServer.World world, GatewayMetrics metrics)
      throws IOException {
    return new AuditLog(audit, world, metrics);
  }

  private AuditTrail opened(Audit audit) throws IOException {
    var seal = Seal.by(audit.key());
    return audit.file().isPresent()
        ? AuditTrail.toFile(audit.file().get(), seal, world.clock())
        : AuditTrail.toStream(world.auditOut(), seal, world.clock());
  }

  private Open filled(Audit audit, AuditTrail trail) {
    var fate = new Fate();
    return new Open(audit, trail, AuditQueue.into(trail, fate), fate);
  }

  /** What became of the lines of one log. */
  private final class Fate implements AuditQueue.Fate {
    private final AtomicLong losses = new AtomicLong();
    private volatile String why = "";
    private volatile boolean wroteSince = true;
    private long toldOf;
    private String told = "";

    @Override
    public void written(long sequence) {
      wroteSince = true;
      // Of the log before, lines may come after the first of the new one.
      synchronized (AuditLog.this) {
        if (open.fate() == this) {
          metrics.audited(sequence);
        }
      }
    }

    /** A log that says so itself may hang too, and this thread may be a call's. */
    @Override
    public void lost(String reason) {
      metrics.auditFailed();
      why = reason;
      losses.incrementAndGet();
    }

    /** Calls are many, and the reason is one. */
    private synchronized void tell() {
      var now = losses.get();
      if (now == toldOf) {
        return;
      }
      toldOf = now;
      var reason = why;
      if (wroteSince || !reason.equals(told)) {
        wroteSince = false;
        told = reason;
        LOG.error("audit log: {}", reason);
      }
    }
  }

  /** Says in the gateway's own log why lines are lost, if there are any since the last look. */
  void tellLosses() {
    open.fate().tell();
    retired.forEach(one -> one.fate().tell());
  }

  /** To go on as another configuration says. Lines that wait go where they were meant to. */
  Prepared prepared(Audit next) throws IOException {
    var before = open;
    if (next.file().equals(before.audit().file())) {
      var seal = Seal.by(next.key());
      return new Prepared(
          () -> {
            before.trail().sealWith(seal);
            open = new Open(next, before.trail(), before.queue(), before.fate());
          },
          () -> {});
    }
    tellLosses();
    retired.removeIf(one -> one.queue().isOver());
    if (retired.size() >= MAX_RETIRED) {
      throw new IOException(
          "audit.file: changed again, and "
              + retired.size()
              + " logs before still hang (expected: none, or a restart)");
    }
    var other = filled(next, next.file().isPresent() ? inTime(next) : opened(next));
    return new Prepared(() -> become(other), () -> other.queue().end());
  }

  private void become(Open other) {
    Open before;
    synchronized (this) {
      before = open;
      open = other;
      before.queue().end();
    }
    retired.add(before);
  }

  /** Whoever reloads is also who is told to stop: no disk may hold it. */
  private AuditTrail inTime(Audit next) throws IOException {
    var file = next.file().orElseThrow();
    if (opener.filter(Thread::isAlive).isPresent()) {
      throw silent(file);
    }
    var opening = new CompletableFuture<AuditTrail>();
    opener =
        Optional.of(
            Thread.ofPlatform()
                .daemon()
                .name("gateway-audit-open")
                .start(() -> openInto(opening, next, file)));
    try {
      return opening.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    } catch (TimeoutException _) {
      return orSilent(opening, file);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      opening.cancel(false);
      throw new InterruptedIOException("audit.file: interrupted");
    }
  }

  /** It may have come just now; else nobody takes it any more. */
  private static AuditTrail orSilent(CompletableFuture<AuditTrail> opening, Path file)
      throws IOException {
    if (opening.completeExceptionally(silent(file))) {
      throw silent(file);
    }
    try {
      return opening.join();
    } catch (java.util.concurrent.CompletionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    }
  }

  private void openInto(CompletableFuture<AuditTrail> opening, Audit next, Path file) {
    try {
      var before = open.audit().file();
      if (before.isPresent() && isSame(before.get(), file)) {
        // Two writers would fork its chain: each spelling has a note of the last line beside it.
        throw new IOException(
            "audit.file: "
                + file
                + " is the log that is being written, by another name (expected: "
                + before.get()
                + ", another file, or a restart)");
      }
      var trail = opened(next);
      if (!opening.complete(trail)) {
        trail.close();
      }
    } catch (IOException | RuntimeException | Error e) {
      opening.completeExceptionally(e);
    }
  }

  /** A pipe or a terminal has no chain in it. */
  private static boolean isSame(Path before, Path next) throws IOException {
    return Files.isRegularFile(before) && Files.exists(next) && Files.isSameFile(before, next);
  }

  private static IOException silent(Path file) {
    return new IOException(
        "audit.file: "
            + file
            + " does not answer (expected: a file on a disk that is there within "
            + PATIENCE.toSeconds()
            + " s)");
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
      handed = entry.unwritable() ? to.queue().addMinor(line) : to.queue().add(line);
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
    retired.forEach(one -> one.queue().close());
    tellLosses();
  }
}
