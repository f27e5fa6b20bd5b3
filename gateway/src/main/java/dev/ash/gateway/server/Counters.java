package dev.ash.gateway.server;

import dev.ash.gateway.config.GatewayConfig.Allowance;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What this process counts of one consumer. */
final class Counters {
  private final List<SlidingWindow> windows;
  private final Optional<TokenWindow> tokens;

  Counters(Allowance allowance) {
    windows =
        allowance.quotas().stream()
            .map(quota -> new SlidingWindow(quota.requests(), quota.window()))
            .toList();
    tokens =
        allowance.tokensPerMinute().isPresent()
            ? Optional.of(new TokenWindow(allowance.tokensPerMinute().getAsLong()))
            : Optional.empty();
  }

  /** Counts a request where every quota has room for it, and else in none. */
  synchronized Admission admit(Instant now) {
    var again = tokens.filter(t -> t.exhausted(now)).map(t -> t.reset(now));
    if (again.isPresent()) {
      return new Admission.TokensUsedUp(again.get());
    }
    var full = windows.stream().map(w -> w.peek(now)).filter(v -> !v.allowed()).findFirst();
    if (full.isPresent()) {
      return new Admission.Full(full.get());
    }
    return new Admission.Granted(
        windows.stream()
            .map(window -> window.take(now))
            .min(Comparator.comparingInt(SlidingWindow.Verdict::remaining)));
  }

  /** Counts a request that others let in. */
  synchronized void count(Instant now) {
    windows.forEach(window -> window.take(now));
  }

  void used(Instant now, long count) {
    tokens.ifPresent(t -> t.add(now, count));
  }
}
