package dev.ash.mcp;

import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema.ClientCapabilities;
import io.modelcontextprotocol.spec.McpSchema.Implementation;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpSchema.LoggingLevel;
import io.modelcontextprotocol.spec.McpServerSession;
import io.modelcontextprotocol.spec.McpServerTransport;
import java.time.Duration;
import java.util.Map;
import reactor.core.publisher.Mono;

/** The caller over standard input and output as the SDK serves it, whose calls can be cancelled. */
final class StandardSession extends McpServerSession {
  private final McpServerSession session;
  private final OpenCalls calls = new OpenCalls(new Busy());

  StandardSession(McpServerSession session, McpServerTransport transport) {
    // Nothing of this is used: every question goes to the session.
    super(session.getId(), Duration.ZERO, transport, _ -> Mono.empty(), Map.of(), Map.of());
    this.session = session;
  }

  @Override
  public Mono<Void> handle(JSONRPCMessage message) {
    return switch (message) {
      case JSONRPCRequest request -> calls.run(request, session.handle(request), Mono.empty());
      case JSONRPCNotification notification ->
          calls.takes(notification) ? Mono.empty() : session.handle(notification);
      case JSONRPCResponse response -> session.handle(response);
    };
  }

  @Override
  public String getId() {
    return session.getId();
  }

  @Override
  public void init(ClientCapabilities capabilities, Implementation client) {
    session.init(capabilities, client);
  }

  @Override
  public void setMinLoggingLevel(LoggingLevel level) {
    session.setMinLoggingLevel(level);
  }

  @Override
  public boolean isNotificationForLevelAllowed(LoggingLevel level) {
    return session.isNotificationForLevelAllowed(level);
  }

  @Override
  public <T> Mono<T> sendRequest(String method, Object parameters, TypeRef<T> type) {
    return session.sendRequest(method, parameters, type);
  }

  @Override
  public Mono<Void> sendNotification(String method, Object parameters) {
    return session.sendNotification(method, parameters);
  }

  @Override
  public Mono<Void> closeGracefully() {
    return session.closeGracefully();
  }

  @Override
  public void close() {
    session.close();
  }
}
