package dev.ash.node.agents;

import dev.ash.node.agents.Agents.Outcome;
import dev.ash.persistence.table.StaleException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** Something that may block, may be refused, and may not be wanted in the state that it meets. */
@FunctionalInterface
interface Work<T> {
  T get() throws IOException, RefusedException;

  /** Does it there; what it throws for a caller to know becomes the outcome. */
  static <T> CompletionStage<Outcome<T>> run(Work<T> work, Executor blocking) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return new Outcome.Done<>(work.get());
          } catch (RefusedException e) {
            return new Outcome.Refused<>(e.why());
          } catch (StaleException e) {
            return new Outcome.Stale<>(e.why());
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        blocking);
  }
}
