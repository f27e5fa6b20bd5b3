package dev.ash.gateway.server;

import java.time.Duration;
import java.time.InstantSource;
import java.util.OptionalLong;

/** Counts a call that is over, charges its consumer and writes it down. */
final class Books {
  private final GatewayMetrics metrics;
  private final AuditLog audit;
  private final PriceList prices;
  private final InstantSource clock;

  Books(GatewayMetrics metrics, AuditLog audit, PriceList prices, InstantSource clock) {
    this.metrics = metrics;
    this.audit = audit;
    this.prices = prices;
    this.clock = clock;
  }

  /** Does nothing the second time: then what failed was the end itself. */
  void close(Visit visit) {
    if (visit.finished) {
      return;
    }
    visit.finished = true;
    var millis = Duration.between(visit.started, clock.instant()).toMillis();
    var model = visit.model.orElse("none");
    var answered = visit.status == 200 && visit.upstream.isPresent();
    var label = visit.model.map(name -> metrics.label(name, answered)).orElse("none");
    metrics.ended(visit.method, visit.status, label, millis / 1000.0, visit.received, visit.sent);
    visit.guest.ifPresent(guest -> metrics.answered(guest.name(), visit.status));
    var used = visit.used.orElse(TokenUsage.NONE);
    var nanos = visit.used.isEmpty() ? OptionalLong.empty() : prices.nanos(model, used);
    if (used.total() > 0 && visit.guest.isPresent()) {
      visit.guest.get().used(clock.instant(), used.total());
      metrics.used(label, visit.guest.get().name(), used, nanos);
    }
    try {
      audit.write(visit.entry(millis, nanos));
    } catch (InterruptedException _) {
      // It is handed over; only its end is not waited for.
      Thread.currentThread().interrupt();
    }
  }
}
