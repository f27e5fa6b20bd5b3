package dev.ash.gateway.server;

import java.time.Instant;
import java.util.Optional;
import org.eclipse.jetty.http.HttpFields;

/** What counters say of a request that wants to go on. */
sealed interface Admission {
  /**
   * It may, and is counted.
   *
   * @param tightest the quota with the least room; empty where nobody counts
   */
  record Granted(Optional<SlidingWindow.Verdict> tightest) implements Admission {}

  /** A quota has no room. */
  record Full(SlidingWindow.Verdict quota) implements Admission {}

  /** The tokens of the last minute are used up. */
  record TokensUsedUp(Instant until) implements Admission {}

  /** Nobody can say now, and then it may not. */
  record Unknown() implements Admission {}

  /** Tells the client how much room there is. */
  default void show(HttpFields.Mutable headers) {
    var shown =
        switch (this) {
          case Granted(var tightest) -> tightest;
          case Full(var quota) -> Optional.of(quota);
          case TokensUsedUp _, Unknown _ -> Optional.<SlidingWindow.Verdict>empty();
        };
    shown.ifPresent(
        verdict -> {
          headers.put("X-RateLimit-Limit", verdict.limit());
          headers.put("X-RateLimit-Remaining", verdict.remaining());
          var reset = (verdict.reset().toEpochMilli() + 999) / 1_000;
          headers.put("X-RateLimit-Reset", Long.toString(reset));
        });
  }
}
