package dev.ash.gateway.server;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts a call that is over, charges its consumer and writes it down. */
final class Books {
  private static final Logger LOG = LoggerFactory.getLogger(Books.class);

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
    var priced = prices.nanos(model, TokenUsage.NONE).isPresent();
    metrics.ended(
        visit.method,
        visit.status,
        visit.model.map(name -> metrics.label(name, priced || isGood(visit.status))).orElse("none"),
        millis / 1000.0,
        visit.received,
        visit.sent);
    visit.guest.ifPresent(guest -> metrics.answered(guest.name(), visit.status));
    var used = visit.used.orElse(TokenUsage.NONE);
    var nanos = visit.used.isEmpty() ? OptionalLong.empty() : prices.nanos(model, used);
    if (used.total() > 0 && visit.guest.isPresent()) {
      visit.guest.get().used(clock.instant(), used.total());
      metrics.used(model, visit.guest.get().name(), used, nanos);
    }
    try {
      metrics.audited(audit.write(visit.entry(millis, nanos)));
    } catch (IOException e) {
      metrics.auditFailed();
      LOG.error("audit log: {}", String.valueOf(e.getMessage()));
    }
  }

  private static boolean isGood(int status) {
    return status >= 200 && status < 300;
  }
}
