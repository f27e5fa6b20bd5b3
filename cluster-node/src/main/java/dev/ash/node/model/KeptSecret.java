package dev.ash.node.model;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A secret of a store elsewhere, kept for a minute and asked for once, however many calls wait.
 * What is kept is renewed beside the calls; only one that was refused is waited for, and not for
 * long. While the store does not answer the last value stands, and calls do not notice.
 */
final class KeptSecret implements SecretSource {
  private static final Logger LOG = LoggerFactory.getLogger(KeptSecret.class);
  private static final Duration KEPT = Duration.ofMinutes(1);

  /** Between two attempts while a value stands: a store in trouble is left alone. */
  private static final Duration PAUSE = Duration.ofSeconds(10);

  /** How long calls wait for another value in the place of one that was refused. */
  private static final Duration WAIT = Duration.ofSeconds(2);

  /** A store that says nothing for so long has not answered. */
  private static final Duration LONGEST = Duration.ofSeconds(15);

  private final Store store;
  private final LongSupplier nanoTime;
  private final Refusal refusal;
  private Optional<Kept> kept = Optional.empty();
  private Optional<CompletableFuture<String>> coming = Optional.empty();

  /** Where one secret lies. */
  interface Store {
    /** Fails with a {@link NoSecretException}, or with what kept the store from answering. */
    CompletionStage<String> read();

    /** The place as the operator wrote it, and the store's name. */
    String place();

    String product();
  }

  /**
   * What was read.
   *
   * @param renewAt nano time from which it is read anew
   * @param waitUntil nano time until which another one is waited for; before now if it is not
   */
  private record Kept(String value, long renewAt, long waitUntil) {
    Kept refused(long now) {
      return new Kept(value, now, now + WAIT.toNanos());
    }

    Kept renewedLater(long now) {
      return new Kept(value, now + PAUSE.toNanos(), now);
    }

    @Override
    public String toString() {
      return "***";
    }
  }

  KeptSecret(Store store, LongSupplier nanoTime) {
    this.store = store;
    this.nanoTime = nanoTime;
    this.refusal = new Refusal(nanoTime);
  }

  @Override
  public CompletionStage<String> get() {
    var asked = new CompletableFuture<String>();
    CompletionStage<String> answer;
    boolean ask;
    synchronized (this) {
      var now = nanoTime.getAsLong();
      ask = coming.isEmpty() && kept.filter(k -> k.renewAt() - now > 0).isEmpty();
      if (ask) {
        coming = Optional.of(asked);
      }
      answer = answer(now);
    }
    if (ask) {
      // Outside the lock: a store may answer on this thread.
      var _ = read().whenComplete((value, failure) -> came(value, failure, asked));
    }
    return answer;
  }

  private CompletionStage<String> read() {
    try {
      // A store's own limit may end with the head of its answer.
      return store
          .read()
          .toCompletableFuture()
          .copy()
          .orTimeout(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RuntimeException e) {
      return CompletableFuture.failedStage(e);
    }
  }

  private CompletionStage<String> answer(long now) {
    if (kept.isEmpty()) {
      return coming.orElseThrow().copy();
    }
    var value = kept.get().value();
    var wait = kept.get().waitUntil() - now;
    return coming
        .filter(_ -> wait > 0)
        .<CompletionStage<String>>map(
            next -> next.copy().completeOnTimeout(value, wait, TimeUnit.NANOSECONDS))
        .orElseGet(() -> CompletableFuture.completedStage(value));
  }

  private void came(
      @Nullable String value, @Nullable Throwable failure, CompletableFuture<String> asked) {
    String stands;
    synchronized (this) {
      coming = Optional.empty();
      var now = nanoTime.getAsLong();
      kept =
          value == null
              ? kept.map(k -> k.renewedLater(now))
              : Optional.of(new Kept(value, now + KEPT.toNanos(), now));
      stands = kept.map(Kept::value).orElse("");
      refusal.read(stands);
    }
    if (value != null) {
      asked.complete(value);
    } else if (stands.isEmpty()) {
      asked.completeExceptionally(known(failure));
    } else {
      LOG.warn("{}; the last value is used", known(failure).getMessage());
      asked.complete(stands);
    }
  }

  private NoSecretException known(@Nullable Throwable failure) {
    var cause = failure == null || failure.getCause() == null ? failure : failure.getCause();
    return cause instanceof NoSecretException none
        ? none
        : new NoSecretException(
            "%s: %s did not answer (%s)"
                .formatted(
                    store.place(),
                    store.product(),
                    cause == null ? "no reason" : cause.getClass().getSimpleName()));
  }

  @Override
  public synchronized boolean refused(String value) {
    if (!refusal.of(value)) {
      return false;
    }
    var now = nanoTime.getAsLong();
    kept = kept.map(k -> k.value().equals(value) ? k.refused(now) : k);
    return true;
  }
}
