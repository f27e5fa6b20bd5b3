package dev.ash.config;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * The {@code ash.session} section.
 *
 * @param ringFrames live frames a session keeps in memory for its readers
 * @param ringBytes the same bound in bytes of agent output
 * @param readWait how long a reader's request is parked when there is nothing new
 * @param maxQueued messages that may wait behind a running turn
 * @param maxQueuedBytes what they may take together
 * @param maxContinuations how often a lost turn is taken up again
 * @param passivateAfter quiet time after which a session without a process leaves memory
 */
public record SessionConfig(
    int snapshotEvery,
    int ringFrames,
    int ringBytes,
    Duration readWait,
    int maxQueued,
    long maxQueuedBytes,
    int maxContinuations,
    Duration passivateAfter,
    Duration minBackoff,
    Duration maxBackoff) {

  public SessionConfig {
    Require.that(snapshotEvery > 0, "ash.session.snapshot-every", snapshotEvery, "> 0");
    Require.that(ringFrames > 0, "ash.session.ring.frames", ringFrames, "> 0");
    Require.that(ringBytes > 0, "ash.session.ring.bytes", ringBytes, "> 0");
    Require.that(readWait.isPositive(), "ash.session.read-wait", readWait, "> 0s");
    Require.that(maxQueued >= 0, "ash.session.max-queued", maxQueued, ">= 0");
    Require.that(maxQueuedBytes >= 0, "ash.session.max-queued-bytes", maxQueuedBytes, ">= 0");
    Require.that(maxContinuations >= 0, "ash.session.max-continuations", maxContinuations, ">= 0");
    Require.that(
        passivateAfter.isPositive(), "ash.session.passivate-after", passivateAfter, "> 0s");
  }

  static SessionConfig from(Config c) {
    return new SessionConfig(
        c.getInt("snapshot-every"),
        c.getInt("ring.frames"),
        Math.toIntExact(c.getBytes("ring.bytes")),
        c.getDuration("read-wait"),
        c.getInt("max-queued"),
        c.getBytes("max-queued-bytes"),
        c.getInt("max-continuations"),
        c.getDuration("passivate-after"),
        c.getDuration("backoff.min"),
        c.getDuration("backoff.max"));
  }
}
