package dev.ash.node.model;

import dev.ash.node.model.Provider.Received;
import dev.ash.persistence.table.ModelCall.RequestIds;
import dev.ash.persistence.table.ModelCall.State;
import dev.ash.persistence.table.ModelCall.Usage;
import dev.ash.persistence.table.ModelLedger.Ending;
import dev.ash.persistence.table.ModelLedger.Opening;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * One call in the ledger, from its opening to its one settlement. The end of an answer is held back
 * until its cost is stored: what an agent has read to its end is counted, whoever dies then.
 */
final class MeteredCall {
  private final Meter meter;
  private final Opening opening;
  private final Prices.Price price;
  private final Usage most;
  private volatile CompletionStage<Void> stored = CompletableFuture.completedFuture(null);
  private String upstream;
  private int status;
  private RequestIds requestIds = RequestIds.NONE;
  private boolean sent;
  private boolean settled;
  private UsageTap tap = new UsageTap(false);
  private boolean noted;

  /**
   * A call that is open in the ledger.
   *
   * @param most what it may use, as far as can be told
   */
  MeteredCall(Meter meter, Opening opening, Prices.Price price, Usage most) {
    this.meter = meter;
    this.opening = opening;
    this.price = price;
    this.most = most;
    this.upstream = opening.upstream();
  }

  /** It goes out: from now on it may cost something. */
  synchronized void sent() {
    sent = true;
  }

  /** An answer comes. */
  synchronized void answered(String from, Received answer) {
    upstream = from;
    status = answer.status();
    requestIds = answer.requestIds();
    tap = new UsageTap(answer.isStream());
  }

  /** Sees a piece of the answer before its reader does. */
  synchronized void pass(List<ByteBuffer> buffers) {
    if (settled) {
      return;
    }
    buffers.forEach(tap::pass);
    if (tap.hasEnded()) {
      settle(State.DONE);
    } else if (tap.hasBegun() && !noted) {
      noted = true;
      meter.note(opening, tap.usage(), price.nanos(tap.usage(), tap.longCacheWrite()));
    }
  }

  /** What the answer has told of so far. */
  synchronized Usage usage() {
    return tap.usage();
  }

  /** Completes when what has passed may be read. */
  CompletionStage<Void> readable() {
    return stored;
  }

  /** The answer is over, or there is none. */
  synchronized void end(State how) {
    settle(how);
  }

  private void settle(State how) {
    if (!settled) {
      settled = true;
      stored = meter.settle(opening, price, ending(how));
    }
  }

  private Ending ending(State how) {
    var usage = how == State.CUT && sent ? left() : tap.usage();
    var cost = price.nanos(usage, tap.longCacheWrite());
    return new Ending(how, status, upstream, requestIds, usage, cost);
  }

  /**
   * Who leaves before the end hears no figures. They count all the same, as far as they can be
   * told: a program that always leaves would be bound by no budget.
   */
  private Usage left() {
    return tap.hasBegun() ? tap.estimate(most.output()) : new Usage(most.input(), 0, 0, 0);
  }
}
