package dev.ash.node.model;

import dev.ash.persistence.table.Budget;
import dev.ash.persistence.table.ModelCall;
import dev.ash.persistence.table.ModelCall.Amount;
import dev.ash.persistence.table.ModelSpending.Column;
import dev.ash.persistence.table.ModelSpending.Filter;
import dev.ash.persistence.table.ModelSpending.Total;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.http.Mismatch;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** What model calls have cost, and what they may cost, as the rest of the node sees it. */
public interface Spending {

  /** A session's calls, newest first. */
  CompletionStage<List<ModelCall>> calls(TenantId tenant, SessionId session, int limit);

  CompletionStage<List<Total>> totals(TenantId tenant, Filter filter, List<Column> by);

  /** Configured budgets first, then the stored ones. */
  CompletionStage<List<Standing>> budgets(TenantId tenant);

  /** In force for the next call on every node. */
  CompletionStage<Changed> set(TenantId tenant, Budget budget, IfMatch guard);

  /** Of the budget, its limits do not matter. */
  CompletionStage<Changed> remove(TenantId tenant, Budget budget, IfMatch guard);

  /** What came of a change. */
  sealed interface Changed {
    record Done() implements Changed {}

    /** There is no such budget. */
    record NotFound() implements Changed {}

    /** It is in a state in which the caller does not want it changed. */
    record Stale(Mismatch why) implements Changed {}
  }

  /**
   * A budget and what of it is spent in the present period.
   *
   * @param spent empty where the budget stands for each one of many
   * @param stored whether it was set through the API
   */
  record Standing(Budget budget, Optional<Amount> spent, boolean stored) {}
}
