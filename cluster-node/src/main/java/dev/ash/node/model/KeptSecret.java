package dev.ash.node.model;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A secret of a store elsewhere, kept for a minute and asked for once, however many calls wait.
 * While the store does not answer the last value stands.
 */
final class KeptSecret implements SecretSource {
  private static final Logger LOG = LoggerFactory.getLogger(KeptSecret.class);
  private static final Duration KEPT = Duration.ofMinutes(1);

  private final Store store;
  private Optional<Kept> kept = Optional.empty();
  private Optional<CompletionStage<String>> coming = Optional.empty();

  /** Where one secret lies. */
  sealed interface Store permits VaultSecret, AwsSecret {
    /** Fails with a {@link NoSecretException}, or with what kept the store from answering. */
    CompletionStage<String> read();

    /** The place as the operator wrote it, and the store's name. */
    String place();

    String product();
  }

  private record Kept(String value, long until) {
    @Override
    public String toString() {
      return "***";
    }
  }

  KeptSecret(Store store) {
    this.store = store;
  }

  @Override
  public synchronized CompletionStage<String> get() {
    if (kept.isPresent() && kept.get().until() - System.nanoTime() > 0) {
      return CompletableFuture.completedStage(kept.get().value());
    }
    if (coming.isPresent()) {
      return coming.get();
    }
    var asked = store.read().handle(this::came).toCompletableFuture();
    if (!asked.isDone()) {
      coming = Optional.of(asked);
    }
    return asked;
  }

  private synchronized String came(@Nullable String value, @Nullable Throwable failure) {
    coming = Optional.empty();
    if (value != null) {
      kept = Optional.of(new Kept(value, System.nanoTime() + KEPT.toNanos()));
      return value;
    }
    var known = known(failure);
    if (kept.isEmpty()) {
      throw known;
    }
    LOG.warn("{}; the last value is used", known.getMessage());
    return kept.get().value();
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
    if (kept.filter(k -> k.value().equals(value)).isPresent()) {
      kept = Optional.of(new Kept(value, System.nanoTime()));
    }
    return true;
  }
}
