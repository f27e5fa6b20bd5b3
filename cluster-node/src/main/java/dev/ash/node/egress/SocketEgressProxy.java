package dev.ash.node.egress;

import dev.ash.config.EgressConfig;
import dev.ash.config.InvalidConfigException;
import dev.ash.node.sandbox.HostSocket;
import dev.ash.node.telemetry.Metrics;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's proxy for its sandboxes: a Unix socket per session, two virtual threads per
 * connection.
 */
public final class SocketEgressProxy implements EgressProxy, Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(SocketEgressProxy.class);
  private static final Duration LOOKUP_WITHIN = Duration.ofSeconds(5);

  /** Each holds two descriptors of the node. */
  static final int MOST_OPEN = 4_096;

  /** Connections beyond the limit are told so, these many at once. */
  private static final int TOLD_OF_THE_LIMIT = 16;

  private final EgressConfig config;
  private final AllowList operator;
  private final Passage.Surroundings surroundings;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("egress-", 0).factory());
  private final Shares shares = new Shares();
  private final Set<HostSocket> sockets = ConcurrentHashMap.newKeySet();

  /**
   * Makes a proxy without a socket yet.
   *
   * @throws InvalidConfigException when the operator's list cannot be read
   */
  public SocketEgressProxy(EgressConfig config, Metrics metrics) {
    this(config, metrics, InetAddress::getAllByName);
  }

  SocketEgressProxy(EgressConfig config, Metrics metrics, Lookup.Resolver resolver) {
    this.config = config;
    this.operator = operators(config);
    this.surroundings =
        new Passage.Surroundings(
            new Semaphore(MOST_OPEN),
            new Lookup(resolver, LOOKUP_WITHIN),
            SocketEgressProxy::isOwn,
            new Deadlines(),
            config.idle(),
            metrics);
    if (config.isOpen()) {
      LOG.info(
          "Sandboxes reach the network: {} ({} entries in ASH_SANDBOX_ALLOW)",
          config.mode(),
          operator.entries().size());
    }
  }

  private static AllowList operators(EgressConfig config) {
    try {
      return AllowList.parse(config.allow());
    } catch (UnreadableException e) {
      throw new InvalidConfigException("ASH_SANDBOX_ALLOW: " + e.getMessage());
    }
  }

  @Override
  public boolean isOpen() {
    return config.isOpen();
  }

  @Override
  public Closeable listen(Visitor visitor, Path socket) throws IOException {
    if (!isOpen()) {
      return () -> {};
    }
    var wanted = new ArrayList<AllowList>();
    for (var list : visitor.wanted()) {
      try {
        wanted.add(AllowList.parse(list));
      } catch (UnreadableException e) {
        throw new IOException(WANTED + " of the agent or session: " + e.getMessage(), e);
      }
    }
    var rules = new EgressRules(config.mode(), operator, wanted);
    var guest =
        new Guest(rules, shares.enter(visitor.tenant()), config.connections(), visitor.log());
    try {
      return listen(visitor, guest, socket);
    } catch (IOException | RuntimeException e) {
      shares.leave(visitor.tenant());
      throw e;
    }
  }

  private Closeable listen(Visitor visitor, Guest guest, Path socket) throws IOException {
    var passages = ConcurrentHashMap.<Passage>newKeySet();
    var self = new HostSocket[1];
    var listener =
        new HostSocket(
            "egress-" + visitor.session().value(),
            socket,
            config.connections() + TOLD_OF_THE_LIMIT,
            (channel, ended) -> serve(guest, passages, channel, ended),
            () -> {
              sockets.remove(self[0]);
              shares.leave(visitor.tenant());
              passages.forEach(Passage::close);
            });
    self[0] = listener;
    sockets.add(listener);
    return listener;
  }

  private void serve(Guest guest, Set<Passage> passages, SocketChannel channel, Runnable ended) {
    var passage = new Passage(guest, channel, surroundings);
    passages.add(passage);
    try {
      threads.execute(
          () -> {
            try {
              passage.run();
            } finally {
              passages.remove(passage);
              ended.run();
            }
          });
    } catch (RejectedExecutionException e) {
      LOG.debug("A connection came while the node ends", e);
      ended.run();
      passage.close();
    }
  }

  /** A public address of this machine: behind its firewall, where its own ports are open. */
  private static boolean isOwn(InetAddress address) {
    try {
      return NetworkInterface.getByInetAddress(address) != null;
    } catch (SocketException e) {
      LOG.warn("Whether {} is this machine's cannot be told, so it is not reached", address, e);
      return true;
    }
  }

  /** Closes every socket that is still open and cuts off its connections. */
  @Override
  public void close() throws IOException {
    for (var socket : sockets) {
      socket.close();
    }
    threads.shutdown();
    surroundings.lookup().close();
    surroundings.deadlines().close();
  }
}
