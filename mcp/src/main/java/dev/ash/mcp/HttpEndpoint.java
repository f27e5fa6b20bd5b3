package dev.ash.mcp;

import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.server.transport.HttpServletStreamableServerTransportProvider;
import jakarta.servlet.DispatcherType;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.concurrent.Executors;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** The tools over streamable HTTP, at {@code /mcp}, until it is closed. */
final class HttpEndpoint implements AutoCloseable {
  private static final String PATH = "/mcp";
  private static final int PLATFORM_THREADS = 16;
  private static final long STOP_MILLIS = 5_000;

  /** Keeps a silent stream open through whatever lies between. */
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(15);

  private final Server server;
  private final ServerConnector connector;
  private final McpSyncServer tools;
  private final Guard guard;
  private final Busy busy;
  private final Limits limits;

  private HttpEndpoint(
      Server server,
      ServerConnector connector,
      McpSyncServer tools,
      Guard guard,
      Busy busy,
      Limits limits) {
    this.server = server;
    this.connector = connector;
    this.tools = tools;
    this.guard = guard;
    this.busy = busy;
    this.limits = limits;
  }

  /** Each may hold a thread and a request. */
  private static final int MOST_CONNECTIONS = 128;

  /**
   * How long it waits.
   *
   * @param request for a whole request that may come in
   * @param lastCalls for calls that run when it is closed
   */
  record Limits(Duration request, Duration lastCalls) {
    static final Limits STANDARD = new Limits(Duration.ofSeconds(30), Duration.ofSeconds(5));
  }

  static HttpEndpoint start(AshTools tools, String host, int port, Door door) throws Exception {
    return start(tools, host, port, door, Limits.STANDARD);
  }

  static HttpEndpoint start(AshTools tools, String host, int port, Door door, Limits limits)
      throws Exception {
    var transport =
        HttpServletStreamableServerTransportProvider.builder()
            .jsonMapper(McpJsonDefaults.getMapper())
            .mcpEndpoint(PATH)
            .keepAliveInterval(KEEP_ALIVE)
            .build();
    var pool = new QueuedThreadPool(PLATFORM_THREADS);
    pool.setVirtualThreadsExecutor(
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("mcp-", 0).factory()));
    pool.setDaemon(true);
    var server = new Server(pool);
    server.setStopTimeout(STOP_MILLIS);
    var http = new HttpConfiguration();
    http.setSendServerVersion(false);
    var connector = new ServerConnector(server, new HttpConnectionFactory(http));
    connector.setHost(host);
    connector.setPort(port);
    // It is Patience that ends what is silent, and only what is not being served.
    connector.setIdleTimeout(0);
    var patience = new Patience(connector.getScheduler(), limits.request());
    connector.addBean(patience);
    server.addConnector(connector);
    server.addBean(new NetworkConnectionLimit(MOST_CONNECTIONS, connector));
    var context = new ServletContextHandler("/");
    var guard = new Guard(door, patience);
    var filter = new FilterHolder(guard);
    filter.setAsyncSupported(true);
    context.addFilter(filter, "/*", EnumSet.of(DispatcherType.REQUEST));
    var servlet = new ServletHolder(transport);
    servlet.setAsyncSupported(true);
    context.addServlet(servlet, PATH);
    server.setHandler(context);
    var busy = new Busy();
    var mcp = tools.over(StreamableSession.over(transport, busy));
    try {
      server.start();
    } catch (IOException e) {
      throw new IOException("cannot listen on " + host + ":" + port + ": " + e.getMessage(), e);
    }
    return new HttpEndpoint(server, connector, mcp, guard, busy, limits);
  }

  String url() {
    var host = connector.getHost();
    return "http://%s:%d%s"
        .formatted(
            host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host,
            connector.getLocalPort(),
            PATH);
  }

  /** Takes no more calls, lets those that run end for a moment, and then ends all of it. */
  @Override
  public void close() throws IOException {
    guard.close();
    connector.close();
    try {
      busy.leave(limits.lastCalls());
      tools.closeGracefully();
      server.stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while it stopped", e);
    } catch (Exception e) {
      throw new IOException("cannot stop: " + e.getMessage(), e);
    }
  }
}
