package dev.ash.mcp;

import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.server.transport.HttpServletStreamableServerTransportProvider;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.concurrent.Executors;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
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

  private HttpEndpoint(Server server, ServerConnector connector, McpSyncServer tools) {
    this.server = server;
    this.connector = connector;
    this.tools = tools;
  }

  static HttpEndpoint start(AshTools tools, String host, int port, Door door) throws Exception {
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
    // A stream is silent as long as its agent is.
    connector.setIdleTimeout(0);
    server.addConnector(connector);
    var context = new ServletContextHandler("/");
    var guard = new FilterHolder(new Guard(door));
    guard.setAsyncSupported(true);
    context.addFilter(guard, "/*", EnumSet.of(DispatcherType.REQUEST));
    var servlet = new ServletHolder(transport);
    servlet.setAsyncSupported(true);
    context.addServlet(servlet, PATH);
    server.setHandler(context);
    var mcp = tools.over(transport);
    try {
      server.start();
    } catch (IOException e) {
      throw new IOException("cannot listen on " + host + ":" + port + ": " + e.getMessage(), e);
    }
    return new HttpEndpoint(server, connector, mcp);
  }

  String url() {
    var host = connector.getHost();
    return "http://%s:%d%s"
        .formatted(
            host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host,
            connector.getLocalPort(),
            PATH);
  }

  @Override
  public void close() throws IOException {
    tools.closeGracefully();
    try {
      server.stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while it stopped", e);
    } catch (Exception e) {
      throw new IOException("cannot stop: " + e.getMessage(), e);
    }
  }

  /** Asks the door before anything else reads the request. */
  private static final class Guard extends HttpFilter {
    private static final long serialVersionUID = 1;

    private final transient Door door;

    Guard(Door door) {
      this.door = door;
    }

    @Override
    protected void doFilter(
        HttpServletRequest request, HttpServletResponse response, FilterChain chain)
        throws IOException, ServletException {
      var refusal =
          door.refusal(
              request.getHeader("Host"),
              request.getHeader("Origin"),
              request.getHeader("Authorization"));
      if (refusal.isEmpty()) {
        chain.doFilter(request, response);
        return;
      }
      response.setStatus(refusal.get().status());
      if (refusal.get().status() == 401) {
        response.setHeader("WWW-Authenticate", "Bearer");
      }
      response.setContentType("application/json");
      response.getWriter().write("{\"error\":\"" + refusal.get().text() + "\"}");
    }
  }
}
