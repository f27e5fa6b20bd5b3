package dev.ash.gateway.server;

import dev.ash.gateway.config.SharedLimits.OnFailure;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The figures of {@code /metrics}. Label values from outside are bounded in number. */
final class GatewayMetrics {
  private static final double NANOS = 1e9;
  private static final String OTHER = "other";

  /** A client may write any word where the method stands. */
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

  private static final int MAX_MODELS = 100;
  private static final int MAX_CONSUMERS = 1_000;

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Set<String> models = ConcurrentHashMap.newKeySet();
  private volatile Set<String> named = Set.of();
  private final Set<String> upstreams = ConcurrentHashMap.newKeySet();
  private final Set<String> consumers = ConcurrentHashMap.newKeySet();
  private final Counter requests =
      counter("gateway_requests_total", "Requests.", "method", "status_code", "model");
  private final Counter consumerRequests =
      counter("gateway_consumer_requests_total", "Requests.", "user_id", "status_code");
  private final Histogram seconds =
      Histogram.builder()
          .name("gateway_request_duration_seconds")
          .help("From a request's head to its answer's end.")
          .labelNames("model")
          .classicUpperBounds(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600)
          .register(registry);
  private final Histogram requestBytes = sizes("gateway_request_size_bytes", "Request bodies.");
  private final Histogram responseBytes = sizes("gateway_response_size_bytes", "Answer bodies.");
  private final Counter errors =
      counter("gateway_errors_total", "Answers of 500 and above, and broken ones.", "kind");
  private final Counter authFailures =
      counter("gateway_auth_failures_total", "Requests without a valid key.");
  private final Counter limited =
      counter("gateway_rate_limit_exceeded_total", "Requests refused by a limit.", "consumer");
  private final Counter upstreamRequests =
      counter("gateway_upstream_requests_total", "Tries at an upstream.", "upstream");
  private final Histogram upstreamSeconds =
      Histogram.builder()
          .name("gateway_upstream_latency_seconds")
          .help("From a request sent to the answer's head.")
          .labelNames("upstream")
          .classicUpperBounds(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600)
          .register(registry);
  private final Counter upstreamErrors =
      counter("gateway_upstream_errors_total", "Tries that failed.", "upstream");
  private final Gauge spared =
      Gauge.builder()
          .name("gateway_upstream_spared")
          .help("1 while an upstream is left out because it fails.")
          .labelNames("upstream")
          .register(registry);
  private final Counter tokens =
      counter("gateway_token_usage_total", "Tokens of answers.", "model", "user_id", "type");

  /** A gauge because a counter's name would end in _total, and the specification's does not. */
  private final Gauge cost =
      Gauge.builder()
          .name("gateway_estimated_cost_usd")
          .help("US dollars since the start, where the model has a price. It only grows.")
          .labelNames("model", "user_id")
          .register(registry);

  private final Counter unpriced =
      counter("gateway_unpriced_tokens_total", "Tokens of models without a price.", "model");
  private final Counter auditFailures =
      counter("gateway_audit_failures_total", "Audit lines that are lost.");
  private final Gauge auditSequence =
      Gauge.builder()
          .name("gateway_audit_sequence")
          .help("Number of the last audit line in its chain.")
          .register(registry);
  private final Gauge auditStalled =
      Gauge.builder()
          .name("gateway_audit_stalled")
          .help("1 while the audit log takes so long for a line that nobody waits for it.")
          .register(registry);
  private final Gauge keyStoreReadable =
      Gauge.builder()
          .name("gateway_key_store_readable")
          .help("0 while what the key store says cannot be used: nobody hears of a revocation.")
          .register(registry);
  private final Gauge sharedLimits =
      Gauge.builder()
          .name("gateway_shared_limits_reachable")
          .help("0 while the Redis that limits are counted in does not answer.")
          .register(registry);
  private final Counter unshared =
      counter(
          "gateway_unshared_limits_total",
          "Calls that were decided without the Redis that limits are counted in.",
          "decision");
  private final Counter reloads =
      counter("gateway_config_reloads_total", "Changed configurations.", "result");
  private final Gauge open =
      Gauge.builder().name("gateway_open_requests").help("Requests under way.").register(registry);

  /** A counter that begins above zero is a rise that nobody sees. */
  GatewayMetrics() {
    for (var status : new String[] {"500", "502", "503", "504"}) {
      errors.initLabelValues(status);
    }
    limited.initLabelValues("unknown");
    keyStoreReadable.set(1);
    sharedLimits.set(1);
    for (var mode : OnFailure.values()) {
      unshared.initLabelValues(decision(mode));
    }
    reloads.initLabelValues("taken");
    reloads.initLabelValues("refused");
  }

  /**
   * Shows the counters of upstreams before they are first asked; none of them is spared yet. Those
   * that are in no configuration any more are not spared, either.
   */
  synchronized void knowsOnly(Set<String> now) {
    for (var upstream : now) {
      upstreamRequests.initLabelValues(upstream);
      upstreamErrors.initLabelValues(upstream);
      upstreams.add(upstream);
      spared.labelValues(upstream).set(0);
    }
    for (var gone : Set.copyOf(upstreams)) {
      if (!now.contains(gone)) {
        upstreams.remove(gone);
        spared.remove(gone);
      }
    }
  }

  void opened() {
    open.inc();
  }

  /** These models are called by their names, whoever asks for what. */
  void names(Set<String> configured) {
    named = Set.copyOf(configured);
  }

  /**
   * What a model is called here. Anybody with a key can ask for any name, also for one that fits a
   * pattern of ours.
   *
   * @param answered an upstream has just answered for it with success
   */
  String label(String model, boolean answered) {
    if (named.contains(model) || models.contains(model)) {
      return model;
    }
    return answered ? bounded(models, MAX_MODELS, model) : OTHER;
  }

  /**
   * A request's end.
   *
   * @param model as {@link #label} gives it, or {@code none}
   */
  void ended(String method, int status, String model, double took, long in, long out) {
    open.dec();
    requests
        .labelValues(METHODS.contains(method) ? method : OTHER, Integer.toString(status), model)
        .inc();
    seconds.labelValues(model).observe(took);
    requestBytes.observe((double) in);
    responseBytes.observe((double) out);
    if (status >= 500) {
      errors.labelValues(Integer.toString(status)).inc();
    }
  }

  /** Who was let in, and what came of it. */
  void answered(String consumer, int status) {
    consumerRequests
        .labelValues(bounded(consumers, MAX_CONSUMERS, consumer), Integer.toString(status))
        .inc();
  }

  void broken(String kind) {
    errors.labelValues(kind).inc();
  }

  void authFailed() {
    authFailures.inc();
  }

  void limited(String consumer) {
    limited.labelValues(bounded(consumers, MAX_CONSUMERS, consumer)).inc();
  }

  void upstream(String name, double headSeconds) {
    upstreamRequests.labelValues(name).inc();
    upstreamSeconds.labelValues(name).observe(headSeconds);
  }

  /** A call of a configuration that was replaced may still ask an upstream that is gone. */
  synchronized void spares(String name, boolean now) {
    if (upstreams.contains(name)) {
      spared.labelValues(name).set(now ? 1 : 0);
    }
  }

  void upstreamFailed(String name) {
    upstreamErrors.labelValues(name).inc();
  }

  /**
   * An answer's tokens, and what they cost if that is known.
   *
   * @param model as {@link #label} gives it, or {@code none}
   */
  void used(String model, String consumer, TokenUsage used, OptionalLong nanos) {
    var user = bounded(consumers, MAX_CONSUMERS, consumer);
    used.each((kind, n) -> tokens.labelValues(model, user, kind).inc(n));
    if (nanos.isPresent()) {
      cost.labelValues(model, user).inc(nanos.getAsLong() / NANOS);
    } else {
      unpriced.labelValues(model).inc(used.total());
    }
  }

  void audited(long sequence) {
    auditSequence.set((double) sequence);
  }

  void auditFailed() {
    auditFailures.inc();
  }

  void auditStalled(boolean now) {
    auditStalled.set(now ? 1 : 0);
  }

  void keyStore(boolean readable) {
    keyStoreReadable.set(readable ? 1 : 0);
  }

  void sharedLimits(boolean reachable) {
    sharedLimits.set(reachable ? 1 : 0);
  }

  void unshared(OnFailure mode) {
    unshared.labelValues(decision(mode)).inc();
  }

  private static String decision(OnFailure mode) {
    return mode.name().toLowerCase(Locale.ROOT);
  }

  void reloaded(boolean taken) {
    reloads.labelValues(taken ? "taken" : "refused").inc();
  }

  /** The text of a scrape, format 0.0.4. */
  byte[] text() throws IOException {
    var out = new ByteArrayOutputStream();
    PrometheusTextFormatWriter.create().write(out, registry.scrape());
    return out.toByteArray();
  }

  private static String bounded(Set<String> known, int most, String value) {
    return known.contains(value) || (known.size() < most && known.add(value)) ? value : OTHER;
  }

  private Counter counter(String name, String help, String... labels) {
    return Counter.builder().name(name).help(help).labelNames(labels).register(registry);
  }

  private Histogram sizes(String name, String help) {
    return Histogram.builder()
        .name(name)
        .help(help)
        .classicUpperBounds(256, 4_096, 65_536, 262_144, 1_048_576, 8_388_608, 33_554_432)
        .register(registry);
  }
}
