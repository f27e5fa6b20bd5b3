package dev.ash.mcp;

import io.modelcontextprotocol.server.McpSyncServerExchange;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A call that runs, and whether its caller still wants it. Threads may share it. */
final class OpenCall {
  /** Under this name the SDK hands it on to the tool. */
  static final String KEY = "ash.call";

  private final Sinks.Empty<Void> end = Sinks.empty();
  private volatile boolean cancelled;
  private volatile boolean over;

  static OpenCall of(McpSyncServerExchange exchange) {
    return exchange.transportContext().get(KEY) instanceof OpenCall call ? call : new OpenCall();
  }

  /** Its caller wants no answer any more, nor what would have been done for it. */
  void cancel() {
    cancelled = true;
    leave();
  }

  /** It is not waited for any more; what was begun on the server of the agents goes on. */
  void leave() {
    over = true;
    end.tryEmitEmpty();
  }

  boolean isCancelled() {
    return cancelled;
  }

  /** Whether it was ended before it was done. */
  boolean isOver() {
    return over;
  }

  /** Completes when it is to end before it is done. */
  Mono<Void> end() {
    return end.asMono();
  }
}
