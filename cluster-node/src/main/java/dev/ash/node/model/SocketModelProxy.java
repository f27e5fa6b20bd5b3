package dev.ash.node.model;

import dev.ash.config.ModelConfig;
import dev.ash.config.SandboxConfig;
import dev.ash.node.credentials.SessionCredentials;
import dev.ash.node.sandbox.HostSocket;
import dev.ash.node.telemetry.Metrics;
import dev.ash.persistence.table.ModelLedger;
import dev.ash.protocol.id.SessionId;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.event.NoLogging;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.settings.ParserSettings;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.stream.TLSProtocol;
import org.apache.pekko.stream.javadsl.BidiFlow;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.TLSPlacebo;
import org.apache.pekko.util.ByteString;
import scala.concurrent.duration.Duration$;

/**
 * The model proxy of a node: a Unix socket per session, an HTTP client per model server.
 *
 * <p>Pekko HTTP speaks to the sandbox. Towards the model server it is the JDK's client, because a
 * request of Pekko's pool cannot be cancelled before its answer begins (docs/adr/0006).
 */
public final class SocketModelProxy implements ModelProxy, Closeable {
  /** The call's own time-out has to speak first: it answers, this one only hangs up. */
  private static final Duration IDLE_SLACK = Duration.ofSeconds(10);

  /** More than an agent with all its subagents opens. */
  static final int MAX_CONNECTIONS = 256;

  private static final Duration LOOK_AFTER = Duration.ofSeconds(10);

  private final ActorSystem<?> system;
  private final ServerSettings settings;
  private final Duration idleTimeout;
  private final ExecutorService threads;
  private final Upstreams upstreams;
  private final Forwarding forwarding;
  private final Optional<GivenCredentials> given;
  private final Cancellable ledgerTick;
  private final Counters counters = new Counters();
  private final Set<HostSocket> listeners = ConcurrentHashMap.newKeySet();
  private final Map<SessionId, Guest> guests = new ConcurrentHashMap<>();

  /**
   * What the proxy needs of its node.
   *
   * @param ledger records every call
   * @param credentials asked for each call whose key it carries
   * @param inside whether programs in sandboxes are given the credential too
   * @param alone whether no other node writes into it
   * @param blocking runs tasks that block
   */
  public record Needs(
      ModelLedger ledger,
      SessionCredentials credentials,
      SandboxConfig.Credentials inside,
      boolean alone,
      InstantSource clock,
      Supplier<UUID> ids,
      Executor blocking,
      Metrics metrics) {}

  /**
   * Makes a proxy without a socket yet.
   *
   * @throws IOException when a certificate or key cannot be read
   */
  public SocketModelProxy(ActorSystem<?> system, ModelConfig config, Needs needs)
      throws IOException {
    this.system = system;
    this.settings = settings(system);
    this.idleTimeout = config.callTimeout().plus(IDLE_SLACK);
    this.threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("model-call-", 0).factory());
    this.upstreams = new Upstreams(config, threads);
    this.given =
        switch (needs.inside()) {
          case PROXY -> Optional.empty();
          case ENV -> Optional.of(upstreams.given(config.main(), needs.credentials()));
        };
    var meter = new Meter(needs, new Prices(config.prices()), config.budgets());
    this.forwarding =
        new Forwarding(
            system,
            upstreams,
            meter,
            needs.credentials(),
            config.callTimeout(),
            counters,
            new Attempt.Telling(needs.metrics(), needs.clock()));
    this.ledgerTick =
        system
            .scheduler()
            .scheduleWithFixedDelay(
                Duration.ZERO,
                LOOK_AFTER,
                () -> needs.blocking().execute(meter::tick),
                system.executionContext());
  }

  @Override
  public AutoCloseable listen(Account account, Path socket) throws IOException {
    var guest = new Guest(account);
    var self = new HostSocket[1];
    var listener =
        new HostSocket(
            "model-" + account.session().value(),
            socket,
            MAX_CONNECTIONS,
            (channel, ended) -> serve(guest, channel, ended),
            () -> {
              listeners.remove(self[0]);
              guests.remove(account.session(), guest);
            });
    self[0] = listener;
    listeners.add(listener);
    guests.put(account.session(), guest);
    return listener;
  }

  @Override
  public CompletionStage<Map<String, String>> given(SessionId session) {
    return given
        .map(inside -> inside.of(session))
        .orElseGet(() -> CompletableFuture.completedStage(Map.of()));
  }

  @Override
  public void turn(SessionId session, long number) {
    var guest = guests.get(session);
    if (guest != null) {
      guest.turn(number);
    }
  }

  /** What passed so far; the names are those of the metrics to come. */
  public Stats stats() {
    return counters.stats();
  }

  /** Closes every listener that is still open and cuts off the calls under way. */
  @Override
  public void close() throws IOException {
    for (var listener : listeners) {
      listener.close();
    }
    ledgerTick.cancel();
    upstreams.close();
    threads.shutdown();
  }

  private void serve(Guest guest, SocketChannel channel, Runnable ended) {
    counters.connections.incrementAndGet();
    var sandbox = new Presence();
    var connection =
        new ChannelStage(
            channel,
            () -> {
              sandbox.leave();
              counters.connections.decrementAndGet();
              ended.run();
            });
    Flow<ByteString, ByteString, NotUsed> bytes = Flow.fromGraph(connection);
    Flow<HttpRequest, HttpResponse, NotUsed> calls =
        Flow.of(HttpRequest.class)
            .mapAsync(1, request -> forwarding.answer(guest, request, sandbox));
    var socket =
        TLSPlacebo.getInstance()
            .atop(BidiFlow.<ByteString, ByteString>bidirectionalIdleTimeout(idleTimeout))
            .join(bytes)
            .<TLSProtocol.SslTlsInbound>map(received -> received);
    Http.get(system)
        .serverLayer(settings, Optional.empty(), NoLogging.getInstance())
        .join(socket)
        .join(calls)
        .run(system);
  }

  /** Headers pass as they came, unparsed and unlogged: a sandbox writes them. */
  private static ServerSettings settings(ActorSystem<?> system) {
    var defaults = ServerSettings.create(Adapter.toClassic(system));
    return defaults
        .withServerHeader(Optional.empty())
        .withRawRequestUriHeader(false)
        .withTransparentHeadRequests(false)
        .withTimeouts(defaults.getTimeouts().withRequestTimeout(Duration$.MODULE$.Inf()))
        .withParserSettings(
            ParserSettings.forServer(system)
                .withModeledHeaderParsing(false)
                .withIllegalHeaderWarnings(false)
                .withMaxHeaderCount(128)
                .withMaxHeaderValueLength(16 * 1024)
                .withMaxContentLength(Forwarding.MAX_BODY));
  }
}
