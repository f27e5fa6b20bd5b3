package dev.ash.node.model;

import dev.ash.config.BudgetConfig;
import dev.ash.persistence.Database;
import dev.ash.persistence.table.Budget;
import dev.ash.persistence.table.BudgetTable;
import dev.ash.persistence.table.ModelCall;
import dev.ash.persistence.table.ModelCall.Amount;
import dev.ash.persistence.table.ModelSpending;
import dev.ash.persistence.table.ModelSpending.Column;
import dev.ash.persistence.table.ModelSpending.Filter;
import dev.ash.persistence.table.ModelSpending.Total;
import dev.ash.persistence.table.StaleException;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** Reads and writes the tables beside which the {@link Meter} works. */
public final class StoredSpending implements Spending {
  private final BudgetTable budgets;
  private final ModelSpending spending;
  private final List<Budget> configured;
  private final InstantSource clock;
  private final Executor blocking;

  public StoredSpending(
      Database database, List<BudgetConfig> configured, InstantSource clock, Executor blocking) {
    this.budgets = new BudgetTable(database);
    this.spending = new ModelSpending(database);
    this.configured = configured.stream().map(Meter::budget).toList();
    this.clock = clock;
    this.blocking = blocking;
  }

  @Override
  public CompletionStage<List<ModelCall>> calls(TenantId tenant, SessionId session, int limit) {
    return CompletableFuture.supplyAsync(() -> spending.calls(tenant, session, limit), blocking);
  }

  @Override
  public CompletionStage<List<Total>> totals(TenantId tenant, Filter filter, List<Column> by) {
    return CompletableFuture.supplyAsync(() -> spending.totals(tenant, filter, by), blocking);
  }

  @Override
  public CompletionStage<List<Standing>> budgets(TenantId tenant) {
    return CompletableFuture.supplyAsync(
        () -> {
          var all = new ArrayList<Standing>();
          configured.forEach(b -> all.add(new Standing(b, spent(tenant, b), false)));
          budgets.budgets(tenant).forEach(b -> all.add(new Standing(b, spent(tenant, b), true)));
          return all;
        },
        blocking);
  }

  private Optional<Amount> spent(TenantId tenant, Budget budget) {
    var subject = budget.scope() == Budget.Scope.TENANT ? tenant.value() : budget.subject();
    return subject.isEmpty() || budget.window() == Budget.Window.TURN
        ? Optional.empty()
        : Optional.of(
            spending.spent(
                tenant, budget.scope(), subject, budget.window().period(clock.instant(), 0)));
  }

  @Override
  public CompletionStage<Changed> set(TenantId tenant, Budget budget, IfMatch guard) {
    return changed(
        () -> {
          budgets.setBudget(tenant, budget, clock.instant(), guard);
          return new Changed.Done();
        });
  }

  @Override
  public CompletionStage<Changed> remove(TenantId tenant, Budget budget, IfMatch guard) {
    return changed(
        () ->
            budgets.removeBudget(tenant, budget, guard)
                ? new Changed.Done()
                : new Changed.NotFound());
  }

  private CompletionStage<Changed> changed(Supplier<Changed> change) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return change.get();
          } catch (StaleException e) {
            return new Changed.Stale(e.why());
          }
        },
        blocking);
  }
}
