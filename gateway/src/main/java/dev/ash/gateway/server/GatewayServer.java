package dev.ash.gateway.server;

import dev.ash.gateway.config.GatewayConfig;
import dev.ash.gateway.config.GatewayConfig.Tls;
import dev.ash.gateway.tls.Pem;
import java.io.IOException;
import java.io.OutputStream;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** A gateway that listens until it is closed. */
public final class GatewayServer implements AutoCloseable {
  private static final int MAX_HEADER_BYTES = 32 << 10;
  private static final int PLATFORM_THREADS = 16;
  private static final long STOP_MILLIS = 10_000;

  /** What the gateway takes from outside. */
  public record World(InstantSource clock, Supplier<String> requestIds, OutputStream auditOut) {}

  private final Server server;
  private final ServerConnector connector;
  private final Relay relay;
  private final Watch watch;
  private final AuditLog audit;
  private final ExecutorService threads;
  private final boolean secure;

  private GatewayServer(GatewayConfig config, World world)
      throws IOException, GeneralSecurityException {
    threads = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("gateway-", 0).factory());
    var metrics = new GatewayMetrics();
    var limits = config.limits();
    watch = new Watch(config.timeouts().silence());
    audit = AuditLog.open(config.audit().file(), world.auditOut());
    relay =
        new Relay(
            config.upstreams(),
            new HeaderPolicy(config.headers(), limits.countTokens()),
            config.timeouts(),
            metrics,
            world.clock(),
            threads);
    var oauth = config.access().oauth();
    var tokens =
        oauth.isPresent()
            ? Optional.of(new Tokens(oauth.get(), world.clock()))
            : Optional.<Tokens>empty();
    var pool = new QueuedThreadPool(PLATFORM_THREADS);
    pool.setVirtualThreadsExecutor(threads);
    pool.setDaemon(true);
    server = new Server(pool);
    server.setStopTimeout(STOP_MILLIS);
    secure = config.listen().tls().isPresent();
    connector = connector(config);
    server.addConnector(connector);
    server.setHandler(
        new Edge(
            config,
            relay,
            new Answer(watch, limits.countTokens()),
            metrics,
            audit,
            world.clock(),
            world.requestIds(),
            new Door(config.access(), limits, tokens)));
  }

  public static GatewayServer start(GatewayConfig config, World world)
      throws IOException, GeneralSecurityException {
    var gateway = new GatewayServer(config, world);
    try {
      gateway.server.start();
      return gateway;
    } catch (Exception e) {
      gateway.close();
      throw e instanceof IOException io ? io : new IOException(e);
    }
  }

  public int port() {
    return connector.getLocalPort();
  }

  public String url() {
    return (secure ? "https" : "http") + "://" + connector.getHost() + ":" + port();
  }

  private ServerConnector connector(GatewayConfig config)
      throws IOException, GeneralSecurityException {
    var http = new HttpConfiguration();
    http.setSendServerVersion(false);
    http.setRequestHeaderSize(MAX_HEADER_BYTES);
    http.setResponseHeaderSize(MAX_HEADER_BYTES);
    http.setHttpCompliance(HttpCompliance.RFC7230);
    http.setUriCompliance(UriCompliance.DEFAULT);
    var listen = config.listen();
    ServerConnector made;
    if (listen.tls().isPresent()) {
      http.addCustomizer(new SecureRequestCustomizer(false));
      made = new ServerConnector(server, tls(listen.tls().get()), new HttpConnectionFactory(http));
    } else {
      made = new ServerConnector(server, new HttpConnectionFactory(http));
    }
    made.setHost(listen.host());
    made.setPort(listen.port());
    made.setIdleTimeout(config.timeouts().idle().toMillis());
    return made;
  }

  private static SslContextFactory.Server tls(Tls tls)
      throws IOException, GeneralSecurityException {
    var factory = new SslContextFactory.Server();
    factory.setKeyStore(Pem.keyStore(tls.identity()));
    factory.setKeyStorePassword(Pem.password());
    factory.setIncludeProtocols("TLSv1.2", "TLSv1.3");
    if (tls.clientAuthorities().isPresent()) {
      factory.setTrustStore(Pem.trustStore(tls.clientAuthorities().get()));
      factory.setNeedClientAuth(true);
    }
    return factory;
  }

  @Override
  public void close() throws IOException {
    try {
      server.stop();
    } catch (Exception e) {
      throw e instanceof IOException io ? io : new IOException(e);
    } finally {
      relay.close();
      watch.close();
      audit.close();
      threads.shutdownNow();
    }
  }
}
