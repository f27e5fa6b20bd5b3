package dev.ash.node.session;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;

/**
 * Bounds what clients' commands take of a node: how many a session runs at once, and how many bytes
 * of output are held for all sessions together until they are answered.
 *
 * <p>A command begins with a share of those bytes, in turn, so that what is over soon is never cut.
 * One that prints little or takes long gives back what it has not used and asks again for each part
 * of more: a tenant's sleeping commands do not keep other tenants' from running.
 */
final class ExecLimits {
  static final int AT_ONCE = 4;
  static final int WAITING = 32;
  static final long OUTPUT = 128L << 20;
  static final long SHARE = 16L << 20;

  /** What commands that print more than their share may take beside all shares. */
  static final long MORE = 128L << 20;

  /** Output that needs no room: what nearly every command prints. */
  static final long LITTLE = 64L << 10;

  private static final Duration FIRST_LOOK = Duration.ofSeconds(2);
  private static final Duration LAST_LOOK = Duration.ofSeconds(5);
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private final Deque<CompletableFuture<Share>> waiting = new ArrayDeque<>();
  private long free = OUTPUT;

  /** A session has too many commands under way; the message is for its client. */
  static final class TooManyException extends Exception {
    private static final long serialVersionUID = 1L;

    TooManyException() {
      super(
          "Too many commands at once in this session (at most %d running and %d waiting)"
              .formatted(AT_ONCE, WAITING));
    }
  }

  /** The limits of one session. */
  Session session() {
    return new Session();
  }

  /** The commands of one session, in the order they came. */
  final class Session {
    private final Deque<CompletableFuture<Boolean>> turns = new ArrayDeque<>();
    private int running;

    private Session() {}

    /** Runs a command when it is its turn. Never blocks. */
    <T> CompletionStage<T> run(Function<Share, CompletionStage<T>> command) {
      return turn()
          .map(
              turn ->
                  turn.thenCompose(_ -> share())
                      .thenCompose(share -> start(command, share))
                      .whenComplete((_, _) -> next()))
          .orElseGet(() -> CompletableFuture.failedFuture(new TooManyException()));
    }

    private synchronized Optional<CompletableFuture<Boolean>> turn() {
      if (running < AT_ONCE) {
        running++;
        return Optional.of(CompletableFuture.completedFuture(true));
      }
      if (turns.size() == WAITING) {
        return Optional.empty();
      }
      var turn = new CompletableFuture<Boolean>();
      turns.add(turn);
      return Optional.of(turn);
    }

    private void next() {
      CompletableFuture<Boolean> next;
      synchronized (this) {
        if (turns.isEmpty()) {
          running--;
          return;
        }
        next = turns.remove();
      }
      next.complete(true);
    }
  }

  private static <T> CompletionStage<T> start(
      Function<Share, CompletionStage<T>> command, Share share) {
    share.lookIn(FIRST_LOOK, false);
    share.lookIn(LAST_LOOK, true);
    try {
      return command.apply(share).whenComplete((_, _) -> share.release());
    } catch (RuntimeException e) {
      share.release();
      throw e;
    }
  }

  private CompletableFuture<Share> share() {
    var wanted = new CompletableFuture<Share>();
    synchronized (this) {
      waiting.add(wanted);
    }
    admit();
    if (!wanted.isDone()) {
      // better without a share, and maybe cut, than not run at all
      var _ =
          wanted
              .completeOnTimeout(new Share(0), PATIENCE.toMillis(), MILLISECONDS)
              .whenComplete((_, _) -> forgetTimedOut());
    }
    return wanted;
  }

  private synchronized void forgetTimedOut() {
    waiting.removeIf(CompletableFuture::isDone);
  }

  private void admit() {
    while (true) {
      CompletableFuture<Share> first;
      synchronized (this) {
        if (waiting.isEmpty() || free < SHARE) {
          return;
        }
        first = waiting.remove();
        free -= SHARE;
      }
      var share = new Share(SHARE);
      if (!first.complete(share)) {
        share.giveBack(true);
      }
    }
  }

  /** Bytes of output held for commands of all sessions, or kept for them. */
  synchronized long held() {
    return OUTPUT - free;
  }

  /** What one command may print. */
  final class Share {
    private long kept;
    private long used;
    private boolean cut;
    private boolean released;

    private Share(long kept) {
      this.kept = kept;
    }

    /** Takes room for some more bytes, if there is any. */
    boolean take(int bytes) {
      synchronized (ExecLimits.this) {
        long more = used + bytes - kept - LITTLE;
        if (released || more > free + MORE) {
          cut = true;
          return false;
        }
        if (more > 0) {
          free -= more;
          kept += more;
        }
        used += bytes;
        return true;
      }
    }

    /** Whether some output found no room. */
    boolean cut() {
      synchronized (ExecLimits.this) {
        return cut;
      }
    }

    private void lookIn(Duration time, boolean evenIfItPrints) {
      Executor later =
          CompletableFuture.delayedExecutor(time.toMillis(), MILLISECONDS, Runnable::run);
      later.execute(
          () -> {
            giveBack(evenIfItPrints);
            admit();
          });
    }

    private void giveBack(boolean evenIfItPrints) {
      synchronized (ExecLimits.this) {
        if (evenIfItPrints || used <= LITTLE) {
          long needed = Math.max(0, used - LITTLE);
          free += Math.max(0, kept - needed);
          kept = Math.min(kept, needed);
        }
      }
    }

    private void release() {
      synchronized (ExecLimits.this) {
        released = true;
        free += kept;
        kept = 0;
        used = 0;
      }
      admit();
    }
  }
}
