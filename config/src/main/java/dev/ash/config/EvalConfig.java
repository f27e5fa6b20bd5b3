package dev.ash.config;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * The {@code ash.eval} section.
 *
 * @param parallel cases this node runs at once; 0 leaves them to other nodes
 * @param poll how often the node looks for cases, and how long one waits that there was no room for
 * @param lease how long another node waits before it takes over from one that is silent
 * @param attempts how often a case is begun before it ends with an error
 */
public record EvalConfig(int parallel, Duration poll, Duration lease, int attempts) {

  public EvalConfig {
    Require.that(parallel >= 0, "ASH_EVAL_PARALLEL", parallel, ">= 0");
    Require.that(poll.isPositive(), "ash.eval.poll", poll, "> 0s");
    Require.that(
        lease.compareTo(poll.multipliedBy(3)) >= 0,
        "ash.eval.lease",
        lease,
        "at least three times ash.eval.poll");
    Require.that(attempts > 0, "ash.eval.attempts", attempts, "> 0");
  }

  static EvalConfig from(Config c) {
    return new EvalConfig(
        c.getInt("parallel"), c.getDuration("poll"), c.getDuration("lease"), c.getInt("attempts"));
  }
}
