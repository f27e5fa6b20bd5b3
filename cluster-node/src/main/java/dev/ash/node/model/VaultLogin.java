package dev.ash.node.model;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The token of a login that the node does itself. It logs in when a secret is first asked for, by
 * one request however many wait, and from then on has the token lengthened before it ends, also
 * while nobody asks: a login may be one that cannot be repeated. Only a first token, and another
 * one in the place of one that was refused, are waited for. Any thread.
 */
final class VaultLogin implements SecretSource, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(VaultLogin.class);

  /** After a failure, and between two logins that a refusal asks for: Vault is left alone. */
  private static final Duration PAUSE = Duration.ofSeconds(10);

  /** A Vault that says nothing for so long has not answered. */
  private static final Duration LONGEST = Duration.ofSeconds(14);

  private final VaultAuth auth;
  private final LongSupplier nanoTime;
  private final Timer timer;
  private Optional<VaultLease> lease = Optional.empty();
  private Optional<CompletableFuture<String>> coming = Optional.empty();
  private Optional<Failure> failure = Optional.empty();
  private Optional<Long> lastRefusal = Optional.empty();
  private boolean doubted;
  private boolean closed;
  private Runnable cancel = () -> {};

  /** Does things later. */
  interface Timer {
    /** Returns what keeps it from being done; harmless afterwards. */
    Runnable after(Duration wait, Runnable action);

    /** On these threads. */
    static Timer on(Executor threads) {
      return (wait, action) -> {
        var due =
            new CompletableFuture<@Nullable Void>()
                .completeOnTimeout(null, wait.toNanos(), TimeUnit.NANOSECONDS);
        var _ = due.thenRunAsync(action, threads);
        return () -> due.cancel(false);
      };
    }
  }

  /**
   * The last attempt, if it failed.
   *
   * @param until nano time before which there is no other one
   */
  private record Failure(NoSecretException why, long until) {}

  VaultLogin(VaultAuth auth, LongSupplier nanoTime, Timer timer) {
    this.auth = auth;
    this.nanoTime = nanoTime;
    this.timer = timer;
  }

  @Override
  public CompletionStage<String> get() {
    var asked = new CompletableFuture<String>();
    CompletionStage<String> answer;
    Optional<VaultLease> before;
    boolean ask;
    synchronized (this) {
      var now = nanoTime.getAsLong();
      var held = lease.filter(l -> l.holds(now));
      var enough = !doubted && held.filter(l -> !l.isDue(now)).isPresent();
      ask = coming.isEmpty() && !enough && !paused(now) && !closed;
      if (ask) {
        coming = Optional.of(asked);
      }
      before = held.filter(l -> !doubted && l.canBeRenewed());
      answer = answer(held);
    }
    if (ask) {
      // Outside the lock: it may end on this thread.
      var _ = fetch(before).whenComplete((next, thrown) -> came(next, thrown, asked));
    }
    return answer;
  }

  private boolean paused(long now) {
    return failure.filter(f -> f.until() - now > 0).isPresent();
  }

  private CompletionStage<String> answer(Optional<VaultLease> held) {
    if (held.isPresent() && !(doubted && coming.isPresent())) {
      return CompletableFuture.completedStage(held.get().token());
    }
    return coming
        .<CompletionStage<String>>map(CompletableFuture::copy)
        .orElseGet(
            () ->
                CompletableFuture.failedStage(
                    failure
                        .map(Failure::why)
                        .orElseGet(() -> new NoSecretException("the login at Vault has ended"))));
  }

  private CompletionStage<VaultLease> fetch(Optional<VaultLease> before) {
    try {
      return before
          .map(
              held ->
                  auth.renew(held)
                      .thenCompose(
                          next ->
                              next.map(CompletableFuture::completedStage).orElseGet(auth::login)))
          .orElseGet(auth::login)
          .toCompletableFuture()
          .copy()
          .orTimeout(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RuntimeException e) {
      return CompletableFuture.failedStage(e);
    }
  }

  private void came(
      @Nullable VaultLease next, @Nullable Throwable thrown, CompletableFuture<String> asked) {
    Optional<VaultLease> held;
    NoSecretException why;
    synchronized (this) {
      var now = nanoTime.getAsLong();
      coming = Optional.empty();
      doubted = false;
      lease = next == null ? lease.filter(l -> l.holds(now)) : Optional.of(next);
      held = lease;
      why = next == null ? known(thrown) : new NoSecretException("");
      failure =
          next == null ? Optional.of(new Failure(why, now + PAUSE.toNanos())) : Optional.empty();
      arm(now);
      if (next == null) {
        held.ifPresent(
            l -> LOG.warn("{}; the token at hand holds for {} s", why.getMessage(), left(l, now)));
      }
    }
    held.ifPresentOrElse(l -> asked.complete(l.token()), () -> asked.completeExceptionally(why));
  }

  private static String left(VaultLease lease, long now) {
    return lease.life().isZero() ? "ever" : Long.toString(lease.left(now).toSeconds());
  }

  /** A timer that rang too early, or in a pause, is not the last one. */
  private void tick() {
    var _ = get();
    synchronized (this) {
      if (coming.isEmpty()) {
        arm(nanoTime.getAsLong());
      }
    }
  }

  private synchronized void arm(long now) {
    cancel.run();
    lease
        .filter(l -> !l.life().isZero() && !closed)
        .ifPresent(
            l ->
                cancel =
                    timer.after(
                        failure
                            .map(f -> Duration.ofNanos(Math.max(0, f.until() - now)))
                            .orElseGet(() -> l.untilDue(now)),
                        this::tick));
  }

  private NoSecretException known(@Nullable Throwable thrown) {
    var cause =
        thrown instanceof CompletionException && thrown.getCause() != null
            ? thrown.getCause()
            : thrown;
    return cause instanceof NoSecretException none
        ? none
        : new NoSecretException(
            "Vault at %s did not answer (%s): check %s"
                .formatted(
                    auth.api().shownAddress(),
                    cause == null ? "no reason" : cause.getClass().getSimpleName(),
                    cause instanceof SSLException
                        ? "ASH_MODEL_CA_FILE, and whether VAULT_ADDR is right"
                        : "VAULT_ADDR"));
  }

  /** A policy that denies one secret looks like a token that was revoked, so not each counts. */
  @Override
  public synchronized boolean refused(String value) {
    if (lease.filter(l -> l.token().equals(value)).isEmpty()) {
      return true; // there is another one already, or on its way
    }
    var now = nanoTime.getAsLong();
    if (paused(now) || lastRefusal.filter(last -> now - last < PAUSE.toNanos()).isPresent()) {
      return false;
    }
    lastRefusal = Optional.of(now);
    doubted = true;
    return true;
  }

  @Override
  public synchronized void close() {
    closed = true;
    cancel.run();
  }
}
