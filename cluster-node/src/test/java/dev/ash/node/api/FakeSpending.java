package dev.ash.node.api;

import dev.ash.node.model.Spending;
import dev.ash.persistence.table.Budget;
import dev.ash.persistence.table.ModelCall;
import dev.ash.persistence.table.ModelSpending.Column;
import dev.ash.persistence.table.ModelSpending.Filter;
import dev.ash.persistence.table.ModelSpending.Total;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Keeps budgets of any tenant in memory; nothing was ever spent. */
final class FakeSpending implements Spending {
  private final List<Budget> budgets = new ArrayList<>();

  @Override
  public CompletionStage<List<ModelCall>> calls(TenantId tenant, SessionId session, int limit) {
    return CompletableFuture.completedStage(List.of());
  }

  @Override
  public CompletionStage<List<Total>> totals(TenantId tenant, Filter filter, List<Column> by) {
    return CompletableFuture.completedStage(List.of());
  }

  @Override
  public synchronized CompletionStage<List<Standing>> budgets(TenantId tenant) {
    return CompletableFuture.completedStage(
        budgets.stream().map(b -> new Standing(b, Optional.empty(), true)).toList());
  }

  @Override
  public synchronized CompletionStage<Changed> set(TenantId tenant, Budget budget, IfMatch guard) {
    var mismatch = guard.mismatch(known(budget).map(Budget::tag));
    if (mismatch.isPresent()) {
      return CompletableFuture.completedStage(new Changed.Stale(mismatch.get()));
    }
    budgets.removeIf(b -> isSame(b, budget));
    budgets.add(budget);
    return CompletableFuture.completedStage(new Changed.Done());
  }

  @Override
  public synchronized CompletionStage<Changed> remove(
      TenantId tenant, Budget budget, IfMatch guard) {
    var known = known(budget);
    if (known.isEmpty()) {
      return CompletableFuture.completedStage(new Changed.NotFound());
    }
    var mismatch = guard.mismatch(known.map(Budget::tag));
    if (mismatch.isPresent()) {
      return CompletableFuture.completedStage(new Changed.Stale(mismatch.get()));
    }
    budgets.remove(known.get());
    return CompletableFuture.completedStage(new Changed.Done());
  }

  private Optional<Budget> known(Budget like) {
    return budgets.stream().filter(b -> isSame(b, like)).findFirst();
  }

  private static boolean isSame(Budget one, Budget other) {
    return one.owner() == other.owner()
        && one.scope() == other.scope()
        && one.subject().equals(other.subject())
        && one.window() == other.window();
  }
}
