package dev.ash.node.model;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Remembers which value of a secret was refused, so that reading it anew in vain is not done for
 * every call: whoever may provoke a refusal would have the store asked, and the call sent twice,
 * each time. Any thread.
 */
final class Refusal {
  private static final Duration PAUSE = Duration.ofSeconds(10);

  private final LongSupplier nanoTime;
  private Optional<Refused> last = Optional.empty();

  /**
   * A value that was refused.
   *
   * @param vain whether reading anew has given the same
   * @param until nano time until which that is believed
   */
  private record Refused(String value, boolean vain, long until) {
    @Override
    public String toString() {
      return "***";
    }
  }

  Refusal(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Whether another value may come of reading anew. */
  synchronized boolean of(String value) {
    if (last.filter(
            l -> l.value().equals(value) && l.vain() && l.until() - nanoTime.getAsLong() > 0)
        .isPresent()) {
      return false;
    }
    last = Optional.of(new Refused(value, false, 0));
    return true;
  }

  /** It was read anew, or could not be and stands as it was. */
  synchronized void read(String value) {
    last =
        last.filter(l -> l.value().equals(value))
            .map(
                l ->
                    l.vain()
                        ? l
                        : new Refused(value, true, nanoTime.getAsLong() + PAUSE.toNanos()));
  }
}
