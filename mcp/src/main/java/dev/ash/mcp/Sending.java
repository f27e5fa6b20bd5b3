package dev.ash.mcp;

import dev.ash.client.AshException;
import dev.ash.client.stream.EventStream;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/**
 * A message on its way to the server. Who waits for its turn may be interrupted at any time, and
 * the sending goes on: only its answer says which turn the message has become.
 */
final class Sending {
  private final CompletableFuture<EventStream> begun;

  Sending(Supplier<EventStream> send) {
    begun = CompletableFuture.supplyAsync(send, task -> Thread.ofVirtual().start(task));
  }

  /** Waits until the server has taken the message. */
  EventStream stream() {
    try {
      return begun.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AshException.Interrupted();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException why ? why : new CompletionException(e);
    }
  }

  /** Waits for the same, and reads none of the turn; empty when there is none or nobody says it. */
  OptionalLong turn() {
    return begun.thenApply(Sending::left).exceptionally(_ -> OptionalLong.empty()).join();
  }

  /** Reads none of the turn, which goes on. */
  void leave() {
    var _ = begun.thenApply(Sending::left);
  }

  private static OptionalLong left(EventStream stream) {
    stream.close();
    return stream.turn();
  }
}
