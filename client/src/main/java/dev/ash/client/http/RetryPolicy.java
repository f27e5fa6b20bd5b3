package dev.ash.client.http;

import dev.ash.client.AshException;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * When a call that failed is made again. A call that may be repeated (a GET, or one with an
 * idempotency key) is, after a fault of the connection, a time-out, or 502, 503 and 504; 429 says
 * that nothing was done, so any call is. Waits double from {@code first} up to {@code longest},
 * each shortened by up to half at random; {@code Retry-After} is obeyed instead, unless it is
 * longer than {@code longestAsked}: then the call fails at once.
 *
 * @param attempts calls in all, at least 1
 * @param waitsForServer whether a server that does not even accept a connection is tried again: a
 *     program waits for it, a person wants to know
 */
public record RetryPolicy(
    int attempts, Duration first, Duration longest, Duration longestAsked, boolean waitsForServer) {
  /** Four calls within some seconds. */
  public static final RetryPolicy STANDARD =
      new RetryPolicy(
          4, Duration.ofMillis(250), Duration.ofSeconds(5), Duration.ofSeconds(30), true);

  /** The same, but it says at once that a server is not there. */
  public static final RetryPolicy OF_A_PERSON =
      new RetryPolicy(
          STANDARD.attempts, STANDARD.first, STANDARD.longest, STANDARD.longestAsked, false);

  /** Every call once. */
  public static final RetryPolicy NONE =
      new RetryPolicy(1, Duration.ZERO, Duration.ZERO, Duration.ZERO, false);

  public RetryPolicy {
    if (attempts < 1) {
      throw new IllegalArgumentException("attempts: " + attempts + " (expected: 1 or more)");
    }
  }

  /** How long to wait before the next call; empty when there is to be none. */
  Optional<Duration> pause(
      AshException failure, boolean repeatable, int made, RandomGenerator random) {
    if (made >= attempts) {
      return Optional.empty();
    }
    return switch (failure) {
      case AshException.Refused refused ->
          refused.status() == 429 || (repeatable && isPassing(refused.status()))
              ? refused.retryAfter().isPresent()
                  ? refused.retryAfter().filter(asked -> asked.compareTo(longestAsked) <= 0)
                  : Optional.of(backOff(made, random))
              : Optional.empty();
      // What was never sent may be sent again, whatever it is.
      case AshException.Unreachable _ ->
          waitsForServer ? Optional.of(backOff(made, random)) : Optional.empty();
      case AshException.Broken _, AshException.TimedOut _ ->
          repeatable ? Optional.of(backOff(made, random)) : Optional.empty();
      case AshException.StreamLost _, AshException.BadAnswer _, AshException.Interrupted _ ->
          Optional.empty();
    };
  }

  private static boolean isPassing(int status) {
    return status == 502 || status == 503 || status == 504;
  }

  private Duration backOff(int made, RandomGenerator random) {
    var doubled = first.multipliedBy(1L << Math.min(made - 1, 20));
    var whole = doubled.compareTo(longest) < 0 ? doubled : longest;
    return jittered(whole, random);
  }

  static Duration jittered(Duration whole, RandomGenerator random) {
    return Duration.ofMillis((long) (whole.toMillis() * (1 - random.nextDouble() / 2)));
  }
}
