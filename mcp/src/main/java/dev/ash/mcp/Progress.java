package dev.ash.mcp;

import io.modelcontextprotocol.server.McpSyncServerExchange;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.ProgressNotification;
import java.util.Optional;

/**
 * Tells a caller that asked for it how far its call is. Steps are counted; nobody knows the end.
 */
@FunctionalInterface
interface Progress {
  void step(String words);

  static Progress of(McpSyncServerExchange exchange, CallToolRequest request) {
    var token = Optional.ofNullable(request.meta()).map(meta -> meta.get("progressToken"));
    return token.map(asked -> telling(exchange, asked)).orElse(_ -> {});
  }

  private static Progress telling(McpSyncServerExchange exchange, Object token) {
    return new Progress() {
      private int steps;

      @Override
      public void step(String words) {
        steps++;
        exchange.progressNotification(new ProgressNotification(token, steps, null, words));
      }
    };
  }
}
