package dev.ash.node.model;

import java.time.Duration;

/**
 * A token of Vault and how long it holds.
 *
 * @param life counted from {@code askedAt}; zero is for ever
 * @param first its life when the node logged in
 * @param renewable whether Vault lengthens it at all
 * @param askedAt nano time before the request: its life does not begin earlier
 */
record VaultLease(String token, Duration life, Duration first, boolean renewable, long askedAt) {
  boolean holds(long now) {
    return life.isZero() || askedAt + life.toNanos() - now > 0;
  }

  /**
   * Whether it is time to have it lengthened, or replaced: a third of its life is left for that.
   */
  boolean isDue(long now) {
    return !life.isZero() && untilDue(now).isZero();
  }

  Duration untilDue(long now) {
    return Duration.ofNanos(Math.max(0, askedAt + life.toNanos() / 3 * 2 - now));
  }

  Duration left(long now) {
    return Duration.ofNanos(Math.max(0, askedAt + life.toNanos() - now));
  }

  /**
   * Vault gives less and less when a token comes near the end that no renewal moves; another login
   * is due then, not ever more renewals.
   */
  boolean canBeRenewed() {
    return renewable && life.compareTo(first.multipliedBy(2).dividedBy(3)) >= 0;
  }

  @Override
  public String toString() {
    return "***";
  }
}
