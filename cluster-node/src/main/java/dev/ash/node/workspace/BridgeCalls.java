package dev.ash.node.workspace;

import dev.ash.node.bridge.BridgeException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for what a bridge answers; for threads that may block. */
final class BridgeCalls {
  /** A listing with digests reads a whole workspace inside a sandbox that may be short of CPU. */
  private static final Duration LONGEST = Duration.ofMinutes(5);

  private BridgeCalls() {}

  static <T> T await(CompletionStage<T> stage, String what)
      throws IOException, InterruptedException {
    try {
      return stage.toCompletableFuture().get(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof BridgeException refused && isAboutTheFile(refused.kind())) {
        throw new Unreadable(what, refused);
      }
      throw new IOException(what + " failed: " + e.getCause(), e);
    } catch (TimeoutException e) {
      var late = new InterruptedIOException(what + " took longer than " + LONGEST);
      late.initCause(e);
      throw late;
    }
  }

  private static boolean isAboutTheFile(BridgeException.Kind kind) {
    return switch (kind) {
      case NOT_FOUND, NOT_A_FILE, OUTSIDE, INVALID, FAILED -> true;
      // A file that was not read in time is as good as any other: to leave it out would lose it.
      case NO_SPACE, BUSY, GONE -> false;
    };
  }

  /** The bridge is well, but this file cannot be read: it is gone, or nobody may read it. */
  static final class Unreadable extends IOException {
    private static final long serialVersionUID = 1L;

    private Unreadable(String what, BridgeException cause) {
      super(what + " failed: " + cause.getMessage(), cause);
    }
  }
}
