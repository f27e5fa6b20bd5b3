package dev.ash.node.api;

import dev.ash.config.ClusterConfig;
import dev.ash.config.HttpConfig;
import dev.ash.config.Secret;
import dev.ash.node.agents.AgentVersions;
import dev.ash.node.agents.Agents;
import dev.ash.node.api.http.BrokenRequests;
import dev.ash.node.api.http.Endpoint;
import dev.ash.node.api.http.EventStreams;
import dev.ash.node.api.http.Gate;
import dev.ash.node.attachments.Attachments;
import dev.ash.node.auth.Keys;
import dev.ash.node.cluster.Nodes;
import dev.ash.node.credentials.Credentials;
import dev.ash.node.eval.Evals;
import dev.ash.node.model.Spending;
import dev.ash.node.queue.Queue;
import dev.ash.node.session.Bundles;
import dev.ash.node.session.Sessions;
import dev.ash.node.telemetry.Metrics;
import dev.ash.node.upload.Uploads;
import dev.ash.node.usage.Usage;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.http.javadsl.settings.ServerSettings;

/**
 * The HTTP API of a node: every route, behind one gate. A node without the role api, a runner, only
 * tells how it is.
 */
public final class Api {
  /** The version that clients are told. */
  public static final String VERSION = "0.2.0";

  /** Room for the longest file path, with every byte of it escaped. */
  private static final int LONGEST_URI = 16 * 1024;

  private final Gate gate;
  private final DocsRoutes docs;

  /**
   * What the API calls.
   *
   * @param isolation the isolation level in force, for health
   * @param extraMetrics added to the metrics page as it is
   * @param metrics told of every answer
   * @param uploads keeps what clients send
   */
  public record Ports(
      Sessions sessions,
      Bundles bundles,
      Attachments attachments,
      Agents agents,
      AgentVersions versions,
      Usage usage,
      Evals evals,
      Keys keys,
      Credentials credentials,
      Queue queue,
      Nodes nodes,
      Spending spending,
      Supplier<String> isolation,
      Supplier<String> extraMetrics,
      Metrics metrics,
      Uploads uploads) {}

  /**
   * Puts the routes together.
   *
   * @param databaseUrl for nodes that join; empty where no other can use the database
   * @param internalSecret guards {@code /api/internal}; without one nobody gets in
   * @param nodeId host name and process id, as health and metrics show them
   */
  public Api(
      Ports ports,
      HttpConfig http,
      Optional<Secret> databaseUrl,
      Optional<Secret> internalSecret,
      InstantSource clock,
      String nodeId) {
    var clients = ports.nodes().self().roles().contains(ClusterConfig.Role.API.wireName());
    var sessions = ports.sessions();
    var stats = new LatestStats(sessions, clock);
    var all =
        Stream.of(
                new HealthRoutes(
                        stats,
                        clock,
                        nodeId,
                        ports.nodes(),
                        ports.isolation(),
                        ports.extraMetrics())
                    .endpoints(),
                new AgentRoutes(ports.agents(), sessions).endpoints(),
                new VersionRoutes(ports.versions()).endpoints(),
                new SessionRoutes(sessions, ports.credentials()).endpoints(),
                new HistoryRoutes(sessions).endpoints(),
                new MessageRoutes(sessions, new EventStreams(http.heartbeat(), ports.metrics()))
                    .endpoints(),
                new FileRoutes(sessions).endpoints(),
                new BundleRoutes(ports.bundles()).endpoints(),
                new AttachmentRoutes(ports.attachments(), http.largestAttachment()).endpoints(),
                new UsageRoutes(ports.usage()).endpoints(),
                new EvalRoutes(ports.evals()).endpoints(),
                new KeyRoutes(ports.keys()).endpoints(),
                new CredentialRoutes(ports.credentials()).endpoints(),
                new QueueRoutes(ports.queue()).endpoints(),
                new SpendingRoutes(ports.spending(), sessions).endpoints(),
                new RunnerRoutes(ports.nodes(), databaseUrl).endpoints())
            .<Endpoint>flatMap(List::stream)
            .toList();
    Gate.check(http, all);
    var endpoints =
        all.stream()
            .filter(endpoint -> clients || endpoint.access() == Endpoint.Access.OPEN)
            .toList();
    this.docs = new DocsRoutes(endpoints);
    this.gate =
        new Gate(
            http.docs() ? docs.described() : endpoints,
            ports.keys(),
            internalSecret,
            http,
            clock,
            ports.metrics(),
            ports.uploads());
  }

  /** Every endpoint, as the description of the API shows them. */
  List<Endpoint> endpoints() {
    return docs.described();
  }

  /** All routes; they answer every request themselves, also the unknown ones. */
  public Route routes() {
    return Directives.extractRequestContext(
        context ->
            Directives.completeWithFuture(
                gate.handle(context.getRequest(), context.getMaterializer())));
  }

  /**
   * The server's settings as the routes need them: headers unchanged, because the contract tells
   * apart what a parser would make equal, the caller's address, and our form for broken requests.
   */
  public static ServerSettings settings(ServerSettings base) {
    return base.withRemoteAddressAttribute(true)
        .withParsingErrorHandler(BrokenRequests.class.getName())
        .withParserSettings(
            base.getParserSettings().withModeledHeaderParsing(false).withMaxUriLength(LONGEST_URI));
  }
}
