package dev.ash.node.telemetry;

import dev.ash.node.model.Stats;
import dev.ash.node.sandbox.Places;
import dev.ash.persistence.table.ModelCall.Usage;
import dev.ash.protocol.session.SessionEvent.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import kamon.Kamon;
import kamon.module.Module;
import kamon.prometheus.PrometheusReporter;
import kamon.util.Filter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The metrics of a node. Kamon needs about a second to start, so it does that after the API
 * listens, on a thread of its own; what is told before is kept and counted then.
 *
 * <p>Kamon is one per JVM: several nodes in one JVM, as tests have them, count together.
 */
public final class Telemetry implements Metrics, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Telemetry.class);

  /** More than a node is asked in the seconds that Kamon needs; what is beyond is not counted. */
  private static final int MOST_KEPT = 100_000;

  private static final AtomicInteger REPORTERS = new AtomicInteger();

  private final Object lock = new Object();
  private List<Consumer<Metrics>> kept = new ArrayList<>();
  private volatile Optional<Metrics> ready = Optional.empty();
  private volatile Optional<Reporter> reporter = Optional.empty();

  private record Reporter(PrometheusReporter prometheus, Module.Registration registration) {}

  /** Starts Kamon in the background. A node whose Kamon does not start works without metrics. */
  public void start(Supplier<Stats> model, Places places) {
    Thread.ofPlatform()
        .name("telemetry-start")
        .daemon()
        .start(
            () -> {
              try {
                startKamon(model, places);
              } catch (RuntimeException | LinkageError e) {
                LOG.error("There will be no metrics beyond those of the API", e);
                ready(new NoMetrics());
              }
            });
  }

  private void startKamon(Supplier<Stats> model, Places places) {
    var number = REPORTERS.incrementAndGet();
    if (number == 1) {
      Kamon.initWithoutAttaching();
    }
    // Kamon counts itself as well.
    var own = Filter.fromGlob("ash.**");
    var prometheus = PrometheusReporter.create();
    reporter =
        Optional.of(
            new Reporter(prometheus, Kamon.addReporter("prometheus-" + number, prometheus, own)));
    Readings.begin(model, places);
    ready(new KamonMetrics());
  }

  private void ready(Metrics metrics) {
    synchronized (lock) {
      kept.forEach(what -> what.accept(metrics));
      kept = List.of();
      ready = Optional.of(metrics);
    }
  }

  private void tell(Consumer<Metrics> what) {
    var metrics = ready;
    if (metrics.isPresent()) {
      what.accept(metrics.get());
      return;
    }
    synchronized (lock) {
      if (ready.isPresent()) {
        what.accept(ready.get());
      } else if (kept.size() < MOST_KEPT) {
        kept.add(what);
      }
    }
  }

  /** All numbers as Prometheus reads them; empty until Kamon has started. */
  public String scrape() {
    return reporter.map(r -> r.prometheus().scrapeData()).orElse("");
  }

  @Override
  public void close() {
    reporter.ifPresent(r -> r.registration().cancel());
  }

  @Override
  public void turnStarted() {
    tell(Metrics::turnStarted);
  }

  @Override
  public void agentSpoke(Duration afterStart) {
    tell(m -> m.agentSpoke(afterStart));
  }

  @Override
  public void turnContinued() {
    tell(Metrics::turnContinued);
  }

  @Override
  public void turnEnded(Outcome outcome) {
    tell(m -> m.turnEnded(outcome));
  }

  @Override
  public void turnTook(Outcome outcome, Duration took) {
    tell(m -> m.turnTook(outcome, took));
  }

  @Override
  public void sessionCreated(boolean forked) {
    tell(m -> m.sessionCreated(forked));
  }

  @Override
  public void sessionEnded() {
    tell(Metrics::sessionEnded);
  }

  @Override
  public void sandboxStarted(Duration took) {
    tell(m -> m.sandboxStarted(took));
  }

  @Override
  public void sandboxFailed(Duration took) {
    tell(m -> m.sandboxFailed(took));
  }

  @Override
  public void executed(boolean answered, Duration took) {
    tell(m -> m.executed(answered, took));
  }

  @Override
  public void stored(Duration took) {
    tell(m -> m.stored(took));
  }

  @Override
  public void rowWritten(boolean written, Duration took) {
    tell(m -> m.rowWritten(written, took));
  }

  @Override
  public void streamOpened(StreamKind kind) {
    tell(m -> m.streamOpened(kind));
  }

  @Override
  public void streamClosed(StreamKind kind) {
    tell(m -> m.streamClosed(kind));
  }

  @Override
  public void frameSent(StreamKind kind) {
    tell(m -> m.frameSent(kind));
  }

  @Override
  public void answered(String method, String route, int status, Duration took) {
    tell(m -> m.answered(method, route, status, took));
  }

  @Override
  public void modelCallEnded(String model, String state, Usage usage, long nanos) {
    tell(m -> m.modelCallEnded(model, state, usage, nanos));
  }

  @Override
  public void modelAttempted(ModelAttempt attempt) {
    tell(m -> m.modelAttempted(attempt));
  }

  @Override
  public void modelBudgetReached(String scope, String window) {
    tell(m -> m.modelBudgetReached(scope, window));
  }

  @Override
  public void egressEnded(String outcome, long sent, long received) {
    tell(m -> m.egressEnded(outcome, sent, received));
  }

  @Override
  public void rateLimited(String allowance) {
    tell(m -> m.rateLimited(allowance));
  }
}
