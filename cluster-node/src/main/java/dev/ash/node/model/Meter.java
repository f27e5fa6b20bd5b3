package dev.ash.node.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ash.config.BudgetConfig;
import dev.ash.node.telemetry.Metrics;
import dev.ash.persistence.table.Budget;
import dev.ash.persistence.table.ModelCall.Amount;
import dev.ash.persistence.table.ModelCall.Usage;
import dev.ash.persistence.table.ModelLedger;
import dev.ash.persistence.table.ModelLedger.Admission;
import dev.ash.persistence.table.ModelLedger.Ending;
import dev.ash.persistence.table.ModelLedger.Opening;
import dev.ash.protocol.json.Json;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the ledger of this node's calls: asks it before a call, tells it the end, and renews the
 * sign of life by which other nodes know that these calls are not lost.
 */
final class Meter {
  private static final Logger LOG = LoggerFactory.getLogger(Meter.class);

  /** A node that was not seen for so long is dead, and its calls are lost. */
  static final Duration DEAD_AFTER = Duration.ofSeconds(45);

  private static final Duration HELD_FOR = Duration.ofSeconds(60);
  private static final Duration ASK_AGAIN = Duration.ofMillis(300);
  private static final int SETTLE_ATTEMPTS = 8;

  private final ModelLedger ledger;
  private final Prices prices;
  private final List<Budget> configured;
  private final boolean alone;
  private final String node;
  private final InstantSource clock;
  private final Supplier<UUID> ids;
  private final Executor blocking;
  private final Metrics metrics;
  private final Set<String> open = ConcurrentHashMap.newKeySet();

  Meter(SocketModelProxy.Needs needs, Prices prices, List<BudgetConfig> budgets) {
    this.ledger = needs.ledger();
    this.alone = needs.alone();
    this.clock = needs.clock();
    this.ids = needs.ids();
    this.blocking = needs.blocking();
    this.metrics = needs.metrics();
    this.prices = prices;
    this.configured = budgets.stream().map(Meter::budget).toList();
    this.node = ids.get().toString();
  }

  static Budget budget(BudgetConfig config) {
    return new Budget(
        Budget.Owner.OPERATOR,
        Budget.Scope.valueOf(config.scope().name()),
        config.subject(),
        Budget.Window.valueOf(config.window().name()),
        config.tokens(),
        config.usd().map(Meter::nanos).map(OptionalLong::of).orElseGet(OptionalLong::empty));
  }

  private static long nanos(BigDecimal usd) {
    return usd.movePointRight(9).longValue();
  }

  /** Whether a call may be made, and its meter if so. */
  sealed interface Outcome {
    record Made(MeteredCall call) implements Outcome {}

    /**
     * A budget forbids it.
     *
     * @param later whether it may be asked again soon, because others are under way
     */
    record Forbidden(Budget budget, Amount spent, boolean later) implements Outcome {
      String message() {
        return "The %s budget of this %s is used up: %s of %s spent (set by the %s). Raise it to go on."
            .formatted(
                lower(budget.window()),
                budget.window() == Budget.Window.TURN ? "session" : lower(budget.scope()),
                budget.nanos().isPresent() ? usd(spent.nanos()) : spent.tokens() + " tokens",
                limit(budget),
                lower(budget.owner()));
      }

      ObjectNode json() {
        var json =
            Json.object()
                .put("scope", lower(budget.scope()))
                .put("window", lower(budget.window()))
                .put("owner", lower(budget.owner()))
                .put("spentTokens", spent.tokens())
                .put("spentUsd", spent.nanos() / 1e9);
        budget.tokens().ifPresent(limit -> json.put("limitTokens", limit));
        budget.nanos().ifPresent(limit -> json.put("limitUsd", limit / 1e9));
        return json.put("message", message());
      }

      String key() {
        return budget.toString();
      }
    }
  }

  private static String limit(Budget budget) {
    var tokens = budget.tokens().isPresent() ? budget.tokens().getAsLong() + " tokens" : "";
    var money = budget.nanos().isPresent() ? usd(budget.nanos().getAsLong()) : "";
    return tokens.isEmpty() || money.isEmpty() ? tokens + money : tokens + " and " + money;
  }

  private static String usd(long nanos) {
    return String.format(Locale.ROOT, "%.4f USD", nanos / 1e9);
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /**
   * Opens a call in the ledger. While others hold what is left of a budget it waits for them, but
   * not for ever. Fails when the ledger cannot be written: what cannot be counted is not bought.
   *
   * @param names what the servers that may be asked take the model's name for; the dearest counts
   */
  CompletionStage<Outcome> open(Guest guest, CallBody body, String upstream, List<String> names) {
    var price = prices.dearest(names, body.model());
    var most = new Usage(body.estimatedInput(), body.maxTokens(), 0, 0);
    var opening =
        new Opening(
            ids.get().toString(),
            guest.party(),
            body.model(),
            upstream,
            node,
            new Amount(most.tokens(), price.nanos(most, 0)));
    return open(opening, price, most, System.nanoTime() + HELD_FOR.toNanos());
  }

  private CompletionStage<Outcome> open(
      Opening opening, Prices.Price price, Usage most, long until) {
    open.add(opening.id());
    return CompletableFuture.supplyAsync(
            () -> ledger.open(opening, configured, clock.instant()), blocking)
        .whenComplete(
            (admission, _) -> {
              if (!(admission instanceof Admission.Admitted)) {
                open.remove(opening.id());
              }
            })
        .thenCompose(
            admission ->
                switch (admission) {
                  case Admission.Admitted() ->
                      CompletableFuture.completedFuture(
                          new Outcome.Made(new MeteredCall(this, opening, price, most)));
                  case Admission.Reached(var budget, var spent) ->
                      forbidden(new Outcome.Forbidden(budget, spent, false));
                  case Admission.Held(var budget, var spent) ->
                      System.nanoTime() - until < 0
                          ? CompletableFuture.supplyAsync(
                                  () -> open(opening, price, most, until), askAgain())
                              .thenCompose(stage -> stage)
                          : forbidden(new Outcome.Forbidden(budget, spent, true));
                });
  }

  private CompletableFuture<Outcome> forbidden(Outcome.Forbidden outcome) {
    metrics.modelBudgetReached(lower(outcome.budget().scope()), lower(outcome.budget().window()));
    return CompletableFuture.completedFuture(outcome);
  }

  private Executor askAgain() {
    return CompletableFuture.delayedExecutor(ASK_AGAIN.toMillis(), TimeUnit.MILLISECONDS, blocking);
  }

  /** Keeps what is known of a call so far. Nobody waits for it, and it may fail. */
  void note(Opening opening, Usage usage, long nanos) {
    blocking.execute(
        () -> {
          try {
            ledger.note(opening.id(), usage, nanos);
          } catch (RuntimeException e) {
            LOG.warn("Model call {}: its usage so far was not stored", opening.id(), e);
          }
        });
  }

  /** Completes when the end is stored or has failed once; then it is tried again by itself. */
  CompletionStage<Void> settle(Opening opening, Prices.Price price, Ending ending) {
    metrics.modelCallEnded(price.label(), lower(ending.state()), ending.usage(), ending.nanos());
    return CompletableFuture.runAsync(() -> settle(opening, ending, 1), blocking);
  }

  private void settle(Opening opening, Ending ending, int attempt) {
    try {
      if (!ledger.settle(opening.id(), ending, clock.instant())) {
        LOG.warn("Model call {} had ended in the ledger already", opening.id());
      }
      open.remove(opening.id());
    } catch (RuntimeException e) {
      if (attempt == SETTLE_ATTEMPTS) {
        // From now on it is a lost one, which the next look ends with what was noted.
        open.remove(opening.id());
        LOG.error(
            "Model call {} of session {} could not be settled: {}, {} billionths of a dollar",
            opening.id(),
            opening.party().session().value(),
            ending.usage(),
            ending.nanos(),
            e);
        return;
      }
      CompletableFuture.delayedExecutor(1L << attempt, TimeUnit.SECONDS, blocking)
          .execute(() -> settle(opening, ending, attempt + 1));
    }
  }

  /** To be run every few seconds, where blocking is allowed. */
  void tick() {
    try {
      var now = clock.instant();
      if (!open.isEmpty()) {
        ledger.seen(node, now);
      }
      // The living set: a call is in it before it is in the ledger.
      var lastSeen = alone ? now.plusMillis(1) : now.minus(DEAD_AFTER);
      var ended = ledger.endLost(lastSeen, node, open, now);
      if (ended > 0) {
        LOG.warn("{} model calls of nodes that died were ended with what was known of them", ended);
      }
    } catch (RuntimeException e) {
      LOG.warn("The ledger of model calls could not be looked through", e);
    }
  }
}
