package dev.ash.config;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * The {@code ash.queue} section.
 *
 * @param parallel items this node works on at once; 0 leaves them to other nodes
 * @param poll how often the node looks for work
 * @param lease how long another node waits before it takes over from one that is silent
 * @param maxWaiting items of one tenant that may wait
 */
public record QueueConfig(int parallel, Duration poll, Duration lease, int maxWaiting) {

  public QueueConfig {
    Require.that(parallel >= 0, "ash.queue.parallel", parallel, ">= 0");
    Require.that(poll.isPositive(), "ash.queue.poll", poll, "> 0s");
    Require.that(
        lease.compareTo(poll.multipliedBy(3)) >= 0,
        "ash.queue.lease",
        lease,
        "at least three times ash.queue.poll");
    Require.that(maxWaiting > 0, "ash.queue.max-waiting", maxWaiting, "> 0");
  }

  static QueueConfig from(Config c) {
    return new QueueConfig(
        c.getInt("parallel"),
        c.getDuration("poll"),
        c.getDuration("lease"),
        c.getInt("max-waiting"));
  }
}
