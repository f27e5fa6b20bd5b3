package dev.ash.node.cluster;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Whether the node should get requests, and why not. */
public final class Readiness {
  private static final long PATIENCE_MS = 2_000;

  private final SequencedMap<String, Supplier<Optional<String>>> checks;
  private final Executor blocking;

  /**
   * Of named checks.
   *
   * @param checks each gives what is wrong, or nothing; may block
   */
  public Readiness(SequencedMap<String, Supplier<Optional<String>>> checks, Executor blocking) {
    this.checks = new LinkedHashMap<>(checks);
    this.blocking = blocking;
  }

  /** The checks by name, with what is wrong; a check that takes too long is a wrong one. */
  public CompletionStage<Map<String, String>> look() {
    var results = new LinkedHashMap<String, CompletableFuture<String>>();
    checks.forEach(
        (name, check) ->
            results.put(
                name,
                CompletableFuture.supplyAsync(() -> check.get().orElse("ok"), blocking)
                    .exceptionally(e -> "failed: " + e.getMessage())
                    .completeOnTimeout(
                        "no answer within " + PATIENCE_MS + " ms",
                        PATIENCE_MS,
                        TimeUnit.MILLISECONDS)));
    return CompletableFuture.allOf(results.values().toArray(CompletableFuture<?>[]::new))
        .thenApply(
            _ -> {
              var all = new LinkedHashMap<String, String>();
              results.forEach((name, result) -> all.put(name, result.join()));
              return all;
            });
  }
}
