package dev.ash.node.model;

import dev.ash.config.ModelConfig;
import dev.ash.node.credentials.SessionCredentials;
import dev.ash.protocol.id.SessionId;
import java.io.Closeable;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.pekko.NotUsed;
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
 * The model proxy of a node: a Unix socket per session, one HTTP client for all of them.
 *
 * <p>Pekko HTTP speaks to the sandbox. Towards the model server it is the JDK's client, because a
 * request of Pekko's pool cannot be cancelled before its answer begins (docs/adr/0006).
 */
public final class SocketModelProxy implements ModelProxy, Closeable {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  /** The call's own time-out has to speak first: it answers, this one only hangs up. */
  private static final Duration IDLE_SLACK = Duration.ofSeconds(10);

  private final ActorSystem<?> system;
  private final ServerSettings settings;
  private final Duration idleTimeout;
  private final ExecutorService threads;
  private final HttpClient client;
  private final Forwarding forwarding;
  private final Counters counters = new Counters();
  private final Set<SessionListener> listeners = ConcurrentHashMap.newKeySet();

  /**
   * A proxy without listeners.
   *
   * @param credentials asked for each call whose key it carries
   */
  public SocketModelProxy(
      ActorSystem<?> system, ModelConfig config, SessionCredentials credentials) {
    this.system = system;
    this.settings = settings(system);
    this.idleTimeout = config.callTimeout().plus(IDLE_SLACK);
    this.threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("model-call-", 0).factory());
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT_TIMEOUT)
            .executor(threads)
            .build();
    this.forwarding = new Forwarding(system, client, config, credentials, counters);
  }

  @Override
  public AutoCloseable listen(SessionId session, Path socket) throws IOException {
    var self = new SessionListener[1];
    var listener =
        new SessionListener(
            session,
            socket,
            (channel, ended) -> serve(session, channel, ended),
            () -> listeners.remove(self[0]));
    self[0] = listener;
    listeners.add(listener);
    return listener;
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
    client.shutdownNow();
    threads.shutdown();
  }

  private void serve(SessionId session, SocketChannel channel, Runnable ended) {
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
            .mapAsync(1, request -> forwarding.answer(session, request, sandbox));
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
