package dev.ash.node.session;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import dev.ash.node.bridge.Bridge;
import dev.ash.node.driver.AgentDriver.Conversation;
import dev.ash.node.sandbox.Places.Place;
import dev.ash.node.sandbox.Sandboxes.Exit;
import dev.ash.node.sandbox.Sandboxes.Sandbox;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * A session's sandbox with the bridge in it: made by {@link ProcessStarter}, owned by the worker.
 */
record LiveProcess(
    Place place,
    Sandbox sandbox,
    Bridge bridge,
    Conversation conversation,
    ExecLimits.Session execs) {
  private static final Duration EXIT_AFTER_BRIDGE = Duration.ofSeconds(1);

  /**
   * The sandbox's end, or that of the bridge alone: without it nobody can speak with the agent. The
   * one most often means the other, and the sandbox's says more.
   */
  CompletionStage<String> end(BridgeEars ears) {
    var exit = sandbox.exit().thenApply(LiveProcess::reason).toCompletableFuture();
    var alone =
        ears.closed()
            .thenCompose(
                why ->
                    exit.copy()
                        .completeOnTimeout(
                            "the bridge left: " + why, EXIT_AFTER_BRIDGE.toMillis(), MILLISECONDS));
    return exit.applyToEither(alone, why -> why);
  }

  private static String reason(Exit exit) {
    return switch (exit.cause()) {
      case ENDED -> "the sandbox ended";
      case OUT_OF_MEMORY -> "the sandbox ran out of memory";
      case DISK_FULL -> "the sandbox ran out of disk space";
    };
  }

  /** Kills everything inside and gives the place back. Blocks for some milliseconds. */
  void close() {
    bridge.close();
    sandbox.close();
    place.close();
  }
}
