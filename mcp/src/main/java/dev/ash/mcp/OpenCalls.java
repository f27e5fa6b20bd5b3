package dev.ash.mcp;

import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Mono;

/**
 * The tool calls of one caller that run. The SDK knows no {@code notifications/cancelled}, so it is
 * taken here: the call's thread is interrupted, and its caller is answered nothing, as the protocol
 * wants it.
 */
final class OpenCalls {
  private static final String CANCELLED = "notifications/cancelled";

  private final Map<Object, OpenCall> open = new ConcurrentHashMap<>();
  private final Busy busy;

  OpenCalls(Busy busy) {
    this.busy = busy;
  }

  /**
   * Does what the SDK does for a request, until it is done or ended.
   *
   * @param closing gives up the way back to the caller, when the SDK does not come to do it
   */
  Mono<Void> run(JSONRPCRequest request, Mono<Void> work, Mono<Void> closing) {
    if (!request.method().equals(McpSchema.METHOD_TOOLS_CALL)) {
      return work;
    }
    return Mono.defer(
        () -> {
          var call = new OpenCall();
          // Of two calls with one id, which no caller may make, the first one can be cancelled.
          open.putIfAbsent(request.id(), call);
          busy.begin(call);
          return work.contextWrite(
                  context ->
                      context.put(
                          McpTransportContext.KEY,
                          McpTransportContext.create(Map.of(OpenCall.KEY, call))))
              .takeUntilOther(call.end())
              .then(Mono.defer(() -> call.isOver() ? closing : Mono.empty()))
              .doFinally(
                  _ -> {
                    open.remove(request.id(), call);
                    busy.end(call);
                  });
        });
  }

  /** Whether it was a cancellation. One of a call that is over, or never was, is none of ours. */
  boolean takes(JSONRPCNotification notification) {
    if (!notification.method().equals(CANCELLED)) {
      return false;
    }
    if (notification.params() instanceof Map<?, ?> params) {
      Optional.ofNullable(params.get("requestId")).map(open::get).ifPresent(OpenCall::cancel);
    }
    return true;
  }
}
