package dev.ash.gateway.server;

import dev.ash.gateway.audit.UsageLedger;
import dev.ash.gateway.config.ConfigException;
import dev.ash.gateway.config.GatewayConfig;
import dev.ash.gateway.config.GatewayConfig.Administrator;
import dev.ash.gateway.config.GatewayConfig.Listen;
import dev.ash.gateway.keys.KeyFile;
import dev.ash.gateway.keys.KeyReminder;
import dev.ash.gateway.keys.LiveKeys;
import java.io.IOException;
import java.io.OutputStream;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A gateway that listens until it is closed. */
public final class GatewayServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GatewayServer.class);
  private static final int MAX_HEADER_BYTES = 32 << 10;
  private static final int PLATFORM_THREADS = 16;
  private static final long STOP_MILLIS = 10_000;

  /** For calls whose connections were closed, to write down what became of them. */
  private static final long END_SECONDS = 5;

  /** What the gateway takes from outside. */
  public record World(InstantSource clock, Supplier<String> requestIds, OutputStream auditOut) {}

  private static final long LOOK_MILLIS = 500;

  /** Key store, revocations and audit log: none waits for the others. */
  private static final int LOOKS = 3;

  private final World world;
  private final KeyReminder reminder = new KeyReminder();
  private final ScheduledExecutorService timer =
      Executors.newScheduledThreadPool(
          LOOKS, Thread.ofPlatform().daemon().name("gateway-look").factory());
  private final GatewayMetrics metrics = new GatewayMetrics();
  private final SharedCounters shared = new SharedCounters(metrics);
  private final Server server;
  private final ServerConnector connector;
  private final Optional<AdminListener> admin;
  private final AuditLog audit;
  private final UsageLedger ledger = new UsageLedger();
  private final ExecutorService threads;
  private final Optional<ListenerTls> tls;
  private volatile Generation current;
  private volatile GatewayConfig config;

  private GatewayServer(GatewayConfig config, World world)
      throws IOException, GeneralSecurityException {
    this.world = world;
    this.config = config;
    threads = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("gateway-", 0).factory());
    var secured = config.listen().tls();
    tls = secured.isPresent() ? Optional.of(new ListenerTls(secured.get())) : Optional.empty();
    audit = AuditLog.open(config.audit(), world, metrics);
    current = generation(config, Optional.empty());
    knows(config);
    var pool = new QueuedThreadPool(PLATFORM_THREADS);
    pool.setVirtualThreadsExecutor(threads);
    pool.setDaemon(true);
    server = new Server(pool);
    server.setStopTimeout(STOP_MILLIS);
    connector = connector(config.listen(), config);
    server.addConnector(connector);
    admin = AdminListener.of(config, listen -> connector(listen, config));
    admin.ifPresent(listener -> server.addConnector(listener.connector()));
    server.setHandler(new Front());
  }

  /** Hands each request to the generation that serves when it comes. */
  private final class Front extends Handler.Abstract {
    @Override
    public boolean handle(Request request, Response response, Callback callback) {
      while (!current.handled(request, response, callback)) {
        Thread.onSpinWait();
      }
      return true;
    }
  }

  private Generation generation(GatewayConfig made, Optional<Door> before)
      throws IOException, GeneralSecurityException {
    var limits = made.limits();
    var door =
        new Door(
            made.access(),
            limits,
            tokens(made, before),
            liveKeys(made, before),
            tls.flatMap(ListenerTls::trust),
            shared,
            before);
    var relay =
        new Relay(
            made.upstreams(),
            new HeaderPolicy(made.headers(), limits.countTokens()),
            made.timeouts(),
            metrics,
            world.clock(),
            threads);
    var watch = new Watch(made.timeouts().silence());
    var answer = new Answer(watch, limits.countTokens());
    var edge =
        new Edge(
            made,
            relay,
            answer,
            metrics,
            audit,
            world.clock(),
            world.requestIds(),
            door,
            new OwnRoutes(made, door, answer, metrics, ledger, world.clock()));
    return new Generation(edge, relay, watch, door);
  }

  /** The keys of an issuer that stays are kept: it may be away just now. */
  private Optional<Tokens> tokens(GatewayConfig made, Optional<Door> before)
      throws IOException, GeneralSecurityException {
    var oauth = made.access().oauth();
    var known = before.flatMap(Door::tokens).filter(t -> oauth.equals(Optional.of(t.oauth())));
    return known.isPresent() || oauth.isEmpty()
        ? known
        : Optional.of(new Tokens(oauth.get(), world.clock()));
  }

  private static Optional<LiveKeys> liveKeys(GatewayConfig made, Optional<Door> before)
      throws IOException {
    var store = made.access().keyStore();
    if (store.isEmpty()) {
      return Optional.empty();
    }
    var file = new KeyFile(store.get().file());
    var known = before.flatMap(Door::liveKeys).filter(k -> k.file().path().equals(file.path()));
    return known.isPresent() ? known : Optional.of(new LiveKeys(file));
  }

  private void lookAtRevocations() {
    try {
      var now = world.clock().instant();
      tls.flatMap(ListenerTls::trust).ifPresent(trust -> trust.look(now));
    } catch (RuntimeException e) {
      // The next look comes anyway; a timer that threw would never look again.
      LOG.error("looking at revocations: {}", e.toString());
    }
  }

  private void lookAtAudit() {
    try {
      metrics.auditStalled(audit.isStalled());
      audit.tellLosses();
    } catch (RuntimeException e) {
      // As above.
      LOG.error("looking at the audit log: {}", e.toString());
    }
  }

  /** Takes what became of the key store, and says which keys end soon. */
  private void lookAtKeys() {
    try {
      var live = current.door().liveKeys();
      metrics.keyStore(live.map(LiveKeys::look).orElse(true));
      var now = world.clock().instant();
      var ending = new ArrayList<KeyReminder.Ending>();
      live.ifPresent(
          keys ->
              keys.ring().keys().stream()
                  .filter(key -> key.needsRenewal(now))
                  .map(k -> new KeyReminder.Ending(k.id(), k.consumer(), k.expires()))
                  .forEach(ending::add));
      config
          .access()
          .keyStore()
          .ifPresent(store -> store.administrators().forEach(one -> add(ending, one)));
      for (var consumer : config.access().consumers()) {
        for (var key : consumer.keys()) {
          var name = "the key with the hash " + key.hash().substring(0, 8) + "…";
          key.expires()
              .ifPresent(end -> ending.add(new KeyReminder.Ending(name, consumer.name(), end)));
        }
      }
      for (var one : reminder.due(ending, now)) {
        LOG.warn(
            "{} of {} ends at {}: make another in time", one.name(), one.consumer(), one.end());
      }
    } catch (RuntimeException e) {
      // As above.
      LOG.error("looking at keys: {}", e.toString());
    }
  }

  private static void add(List<KeyReminder.Ending> ending, Administrator one) {
    one.key()
        .expires()
        .ifPresent(
            end ->
                ending.add(
                    new KeyReminder.Ending(
                        "the administrator's key with the hash "
                            + one.key().hash().substring(0, 8)
                            + "…",
                        one.name(),
                        end)));
  }

  /**
   * Serves another configuration from the next request on; calls under way end as they began, and
   * who stays is counted on. Certificates and keys of TLS are read anew, too. Where it fails the
   * old one goes on.
   *
   * @throws ConfigException it wants another {@code listen.tls} than this gateway started with
   */
  public synchronized void reload(GatewayConfig next)
      throws ConfigException, IOException, GeneralSecurityException {
    // Who is known by certificates goes with who vouches for them: not one without the other.
    if (!next.listen().tls().equals(config.listen().tls())) {
      throw new ConfigException(
          "listen.tls", "changed", "what the gateway was started with, or a restart");
    }
    var old = current;
    // An open listener is one of this machine: what is said of another may not open this one.
    var served = next.administeredOn(config.admin().listen());
    var made = renewed(served, old.door());
    knows(next);
    current = made;
    connector.setIdleTimeout(next.timeouts().idle().toMillis());
    old.retire();
    metrics.reloaded(true);
    if (!next.listen().host().equals(config.listen().host())
        || next.listen().port() != config.listen().port()
        || !next.admin().listen().equals(config.admin().listen())) {
      LOG.warn("listen.host, .port, admin.listen: a change needs a restart; the rest is in force");
    }
    config = served.listeningOn(config.listen().host(), config.listen().port());
  }

  private void knows(GatewayConfig now) {
    metrics.knowsOnly(
        now.upstreams().stream().map(GatewayConfig.Upstream::name).collect(Collectors.toSet()));
    metrics.names(now.modelNames());
  }

  /** Everything that may fail comes before anything changes. */
  private Generation renewed(GatewayConfig next, Door before)
      throws IOException, GeneralSecurityException {
    var read = tls.isPresent() ? Optional.of(tls.get().read()) : Optional.<ListenerTls.Read>empty();
    var made = generation(next, Optional.of(before));
    var kept = made.door().tokens().filter(t -> before.tokens().equals(Optional.of(t)));
    // Redis comes last: opening it is heard of elsewhere, and nothing after it is likely to fail.
    try (var tokens = kept.isPresent() ? kept.get().renewal() : Prepared.nothing();
        var lines = audit.prepared(next.audit());
        var counters = shared.prepared(next.limits().shared())) {
      if (read.isPresent()) {
        tls.orElseThrow().take(read.get());
      }
      tokens.commit();
      counters.commit();
      lines.commit();
      return made;
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      made.close();
      throw e;
    }
  }

  /** Takes note of a configuration that could not be read. */
  public void keptOld() {
    metrics.reloaded(false);
  }

  public static GatewayServer start(GatewayConfig config, World world)
      throws IOException, GeneralSecurityException {
    var gateway = new GatewayServer(config, world);
    try {
      try (var counters = gateway.shared.prepared(config.limits().shared())) {
        counters.commit();
      }
      gateway.server.start();
      var looks =
          List.<Runnable>of(gateway::lookAtKeys, gateway::lookAtRevocations, gateway::lookAtAudit);
      for (var look : looks) {
        var _ = gateway.timer.scheduleWithFixedDelay(look, 0, LOOK_MILLIS, TimeUnit.MILLISECONDS);
      }
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
    return (tls.isPresent() ? "https" : "http") + "://" + connector.getHost() + ":" + port();
  }

  /** Where the admin API listens, if it does. */
  public Optional<String> adminUrl() {
    return admin.map(AdminListener::url);
  }

  private ServerConnector connector(Listen listen, GatewayConfig config) {
    var http = new HttpConfiguration();
    http.setSendServerVersion(false);
    http.setRequestHeaderSize(MAX_HEADER_BYTES);
    http.setResponseHeaderSize(MAX_HEADER_BYTES);
    http.setHttpCompliance(HttpCompliance.RFC7230);
    http.setUriCompliance(UriCompliance.DEFAULT);
    ServerConnector made;
    if (listen.tls().isPresent()) {
      http.addCustomizer(new SecureRequestCustomizer(false));
      made =
          new ServerConnector(server, tls.orElseThrow().factory(), new HttpConnectionFactory(http));
    } else {
      made = new ServerConnector(server, new HttpConnectionFactory(http));
    }
    made.setHost(listen.host());
    made.setPort(listen.port());
    made.setIdleTimeout(config.timeouts().idle().toMillis());
    return made;
  }

  /**
   * Takes no more calls, lets those under way end for {@value #STOP_MILLIS} ms, and then cuts them
   * off. Each has its audit line, so the log is closed behind the last.
   */
  @Override
  public void close() throws IOException {
    try {
      server.stop();
    } catch (TimeoutException _) {
      LOG.warn("calls that did not end within {} ms are cut off", STOP_MILLIS);
    } catch (Exception e) {
      throw e instanceof IOException io ? io : new IOException(e);
    } finally {
      timer.shutdownNow();
      current.close();
      threads.shutdown();
      if (!ended()) {
        // Those of a configuration that was replaced, and what waits for something else.
        threads.shutdownNow();
        if (!ended()) {
          LOG.error("some calls did not end within {} s: they have no audit line", END_SECONDS);
        }
      }
      shared.close();
      ledger.close();
      audit.close();
    }
  }

  private boolean ended() {
    try {
      return threads.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
