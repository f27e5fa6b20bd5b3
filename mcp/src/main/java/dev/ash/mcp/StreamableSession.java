package dev.ash.mcp;

import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema.InitializeRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCNotification;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCResponse;
import io.modelcontextprotocol.spec.McpSchema.LoggingLevel;
import io.modelcontextprotocol.spec.McpStreamableServerSession;
import io.modelcontextprotocol.spec.McpStreamableServerTransport;
import io.modelcontextprotocol.spec.McpStreamableServerTransportProvider;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A caller over HTTP as the SDK serves it, whose calls can be cancelled and are counted. */
final class StreamableSession extends McpStreamableServerSession {
  private final McpStreamableServerSession session;
  private final OpenCalls calls;

  private StreamableSession(
      McpStreamableServerSession session, InitializeRequest begin, OpenCalls calls) {
    // Nothing of this is used: every question goes to the session.
    super(
        session.getId(),
        begin.capabilities(),
        begin.clientInfo(),
        Duration.ZERO,
        Map.of(),
        Map.of());
    this.session = session;
    this.calls = calls;
  }

  /** The transport, whose callers are served so. */
  static McpStreamableServerTransportProvider over(
      McpStreamableServerTransportProvider transport, Busy busy) {
    return new McpStreamableServerTransportProvider() {
      @Override
      public void setSessionFactory(Factory sessions) {
        transport.setSessionFactory(
            begin -> {
              var made = sessions.startSession(begin);
              return new McpStreamableServerSessionInit(
                  new StreamableSession(made.session(), begin, new OpenCalls(busy)),
                  made.initResult());
            });
      }

      @Override
      public Mono<Void> notifyClients(String method, Object parameters) {
        return transport.notifyClients(method, parameters);
      }

      @Override
      public Mono<Void> notifyClient(String id, String method, Object parameters) {
        return transport.notifyClient(id, method, parameters);
      }

      @Override
      public List<String> protocolVersions() {
        return transport.protocolVersions();
      }

      @Override
      public Mono<Void> closeGracefully() {
        return transport.closeGracefully();
      }

      @Override
      public void close() {
        transport.close();
      }
    };
  }

  @Override
  public Mono<Void> responseStream(JSONRPCRequest request, McpStreamableServerTransport transport) {
    return calls.run(
        request,
        session.responseStream(request, transport),
        Mono.defer(transport::closeGracefully));
  }

  @Override
  public Mono<Void> accept(JSONRPCNotification notification) {
    return calls.takes(notification) ? Mono.empty() : session.accept(notification);
  }

  @Override
  public Mono<Void> accept(JSONRPCResponse response) {
    return session.accept(response);
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
  public Mono<Void> delete() {
    return session.delete();
  }

  @Override
  public McpStreamableServerSessionStream listeningStream(McpStreamableServerTransport transport) {
    return session.listeningStream(transport);
  }

  @Override
  public Flux<JSONRPCMessage> replay(Object lastEventId) {
    return session.replay(lastEventId);
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
