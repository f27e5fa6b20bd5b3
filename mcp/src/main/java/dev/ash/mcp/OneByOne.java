package dev.ash.mcp;

import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.server.transport.StdioServerTransportProvider;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpServerSession;
import io.modelcontextprotocol.spec.McpServerTransport;
import io.modelcontextprotocol.spec.McpServerTransportProvider;
import io.modelcontextprotocol.spec.ProtocolVersions;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import reactor.core.publisher.Mono;

/**
 * Standard input and output whose messages are sent one by one. The SDK's own transport drops what
 * two calls answer at the same moment, and the caller waits for ever; it also knows only the first
 * version of the protocol.
 */
final class OneByOne implements McpServerTransportProvider {
  private final StdioServerTransportProvider streams;

  OneByOne(StdioServerTransportProvider streams) {
    this.streams = streams;
  }

  @Override
  public List<String> protocolVersions() {
    return List.of(
        ProtocolVersions.MCP_2024_11_05,
        ProtocolVersions.MCP_2025_03_26,
        ProtocolVersions.MCP_2025_06_18,
        ProtocolVersions.MCP_2025_11_25);
  }

  @Override
  public void setSessionFactory(McpServerSession.Factory sessions) {
    streams.setSessionFactory(
        transport -> {
          var ordered = new Transport(transport);
          return new StandardSession(sessions.create(ordered), ordered);
        });
  }

  @Override
  public Mono<Void> notifyClients(String method, Object parameters) {
    return streams.notifyClients(method, parameters);
  }

  @Override
  public Mono<Void> notifyClient(String session, String method, Object parameters) {
    return streams.notifyClient(session, method, parameters);
  }

  @Override
  public Mono<Void> closeGracefully() {
    return streams.closeGracefully();
  }

  private static final class Transport implements McpServerTransport {
    private final McpServerTransport transport;
    private final ReentrantLock sending = new ReentrantLock();

    Transport(McpServerTransport transport) {
      this.transport = transport;
    }

    @Override
    public Mono<Void> sendMessage(JSONRPCMessage message) {
      return Mono.create(
          sink -> {
            sending.lock();
            try {
              // Handing over is done when this returns; writing is another thread's work.
              sink.onDispose(
                  transport.sendMessage(message).subscribe(_ -> {}, sink::error, sink::success));
            } finally {
              sending.unlock();
            }
          });
    }

    @Override
    public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
      return transport.unmarshalFrom(data, type);
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
  }
}
