package dev.ash.node.session;

import dev.ash.config.ClusterConfig;
import dev.ash.config.DatabaseConfig;
import dev.ash.config.NodeConfig;
import dev.ash.node.agents.AgentVersions;
import dev.ash.node.agents.Agents;
import dev.ash.node.bridge.Bridges;
import dev.ash.node.cluster.CapacityAllocation;
import dev.ash.node.cluster.Nodes;
import dev.ash.node.cluster.RunningTurns;
import dev.ash.node.credentials.CredentialVariables;
import dev.ash.node.credentials.Credentials;
import dev.ash.node.credentials.SealedVariables;
import dev.ash.node.driver.AgentDriver;
import dev.ash.node.egress.EgressProxy;
import dev.ash.node.model.ModelProxy;
import dev.ash.node.sandbox.Places;
import dev.ash.node.sandbox.Sandboxes;
import dev.ash.node.telemetry.Metrics;
import dev.ash.node.usage.StoredUsage;
import dev.ash.node.usage.Usage;
import dev.ash.node.usage.UsageRecorder;
import dev.ash.node.workspace.Workspaces;
import dev.ash.persistence.Database;
import dev.ash.persistence.journal.SessionLog;
import dev.ash.persistence.table.AgentTable;
import dev.ash.persistence.table.DirectoryWriter;
import dev.ash.persistence.table.EvalRunTable;
import dev.ash.persistence.table.ParcelTable;
import dev.ash.persistence.table.SessionTable;
import dev.ash.persistence.table.TranscriptTable;
import dev.ash.persistence.table.UsageTable;
import dev.ash.protocol.id.SessionId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;

/** Starts the session feature on a node. */
public final class SessionFeature implements AutoCloseable {
  private static final Duration RESEAL_AGAIN = Duration.ofSeconds(30);
  private static final int ROWS_WAITING = 10_000;

  private final DirectoryWriter writer;
  private final UsageRecorder recorder;
  private final Usage usage;
  private final Sessions sessions;
  private final Bundles bundles;
  private final ShardOwners owners;
  private final VariablesResealing resealing;
  private final ActorSystem<?> system;
  private final Executor blocking;

  /**
   * What the feature needs of its node.
   *
   * @param blocking runs tasks that block
   */
  public record Needs(
      ActorSystem<?> system,
      NodeConfig config,
      Database database,
      Agents agents,
      AgentVersions versions,
      Sandboxes sandboxes,
      Places places,
      Nodes nodes,
      RunningTurns turns,
      Bridges bridges,
      Workspaces workspaces,
      Credentials credentials,
      SealedVariables variables,
      ModelProxy model,
      EgressProxy egress,
      AgentDriver driver,
      InstantSource clock,
      Supplier<UUID> ids,
      Executor blocking,
      Metrics metrics) {}

  public SessionFeature(Needs needs) {
    var config = needs.config();
    var table = new SessionTable(needs.database());
    var transcripts = new StoredTranscripts(new TranscriptTable(needs.database()));
    this.writer = new DirectoryWriter(table, ROWS_WAITING);
    this.resealing = new VariablesResealing(table, needs.variables());
    this.system = needs.system();
    this.blocking = needs.blocking();
    var resumes = new ResumeCounters();
    var epochs = new AtomicLong(needs.clock().millis());
    var starter =
        new ProcessStarter(
            needs.sandboxes(),
            needs.bridges(),
            needs.workspaces(),
            needs.model(),
            needs.egress(),
            transcripts,
            needs.driver(),
            (id, setup) -> environment(needs, table, id, setup),
            config.sandbox(),
            epochs::incrementAndGet,
            needs.metrics());
    var parcels = parcels(needs);
    var tools =
        new SessionWorker.Tools(
            starter,
            needs.places(),
            parcels,
            needs.workspaces(),
            transcripts,
            needs.driver(),
            needs.model(),
            config.sandbox(),
            needs.clock(),
            needs.blocking(),
            needs.metrics());
    this.owners = new ShardOwners(needs.system());
    var sharding = ClusterSharding.get(needs.system());
    var log = new SessionLog(needs.database(), needs.system());
    var usageTable = new UsageTable(needs.database());
    this.recorder = new UsageRecorder(usageTable, log);
    this.usage =
        new StoredUsage(
            usageTable,
            table,
            new AgentTable(needs.database()),
            new EvalRunTable(needs.database()),
            recorder,
            needs.blocking());
    var directory =
        new CountedDirectory(
            new MeasuredDirectory(new StoredDirectory(writer), needs.metrics()), recorder);
    sharding.init(
        Entity.of(
                SessionEntity.KEY,
                entity -> {
                  var id = new SessionId(entity.getEntityId());
                  return SessionEntity.create(
                      id,
                      entity.getShard(),
                      self -> SessionWorker.create(id, self, tools),
                      directory,
                      resumes,
                      config.session(),
                      needs.clock(),
                      needs.turns(),
                      parcels,
                      needs.metrics());
                })
            .withStopMessage(new SessionCommand.HandOver())
            .withRole(ClusterConfig.Role.SANDBOX.wireName())
            .withAllocationStrategy(
                new CapacityAllocation(Adapter.toClassic(needs.system()), needs.nodes())));
    var entities =
        new ShardedEntities(
            needs.system(), config.http().askTimeout(), parcels, needs.blocking(), needs.clock());
    var placement =
        new SessionPlacement(owners, needs.nodes(), needs.turns(), needs.ids(), needs.clock());
    var files = new SessionFiles(entities, needs.workspaces(), needs.blocking(), needs.clock());
    this.bundles =
        new SessionBundles(
            entities,
            files,
            needs.workspaces(),
            new BundleFolder(config.dataDir().resolve("bundles"), needs.ids(), needs.blocking()),
            config.sandbox().diskBytes(),
            needs.system(),
            needs.blocking());
    this.sessions =
        new ShardedSessions(
            entities,
            new SessionFeed(entities, log, config.session().readWait(), needs.blocking()),
            new SessionHistory(log),
            files,
            table,
            transcripts,
            needs.variables(),
            needs.agents(),
            needs.versions(),
            needs.places(),
            placement,
            parcels,
            resumes,
            needs.sandboxes()::startedAhead,
            needs.ids(),
            needs.blocking());
  }

  /** Nodes that share a database may have large things to tell one another. */
  private static Parcels parcels(Needs needs) {
    return switch (needs.config().database()) {
      case DatabaseConfig.Sqlite _ -> Parcels.none();
      case DatabaseConfig.Postgres _ ->
          new StoredParcels(
              new ParcelTable(needs.database()), needs.system(), needs.ids(), needs.clock());
    };
  }

  public Sessions sessions() {
    return sessions;
  }

  public Bundles bundles() {
    return bundles;
  }

  /** What the sessions of all nodes used. */
  public Usage usage() {
    return usage;
  }

  /** For operators: by host and remoting port, how many sessions are in memory in each shard. */
  public CompletionStage<Map<String, Map<String, Integer>>> owners() {
    return owners.ask();
  }

  /**
   * Seals variables of sessions that lie in their rows as an older version or another master key
   * left them; now, and again until other nodes hinder it no more. For when the node knows who else
   * is in the cluster.
   */
  public void resealVariables() {
    blocking.execute(
        () -> {
          if (!resealing.run()) {
            var _ =
                system
                    .scheduler()
                    .scheduleOnce(RESEAL_AGAIN, this::resealVariables, system.executionContext());
          }
        });
  }

  /** Returns when every row that was handed in is written. */
  @Override
  public void close() {
    writer.close();
    recorder.close();
  }

  /**
   * The agent's environment as it is deployed now, over it what the session's credential brings,
   * and over that what the session was made with. What the agent may reach is the exception: there
   * the session's list comes beside the agent's.
   */
  private static ProcessStarter.Environment environment(
      Needs needs, SessionTable table, SessionId id, WorkerCommand.Setup setup)
      throws ProcessStarter.StartException, InterruptedException {
    var values = new HashMap<String, String>();
    var reach = new ArrayList<String>();
    try {
      needs
          .agents()
          .find(setup.tenant(), setup.agent().name())
          .toCompletableFuture()
          .get()
          .ifPresent(
              agent -> {
                values.putAll(agent.env());
                Optional.ofNullable(agent.env().get(EgressProxy.WANTED)).ifPresent(reach::add);
              });
      if (setup.settings().credentialId().isPresent()) {
        var credential = setup.settings().credentialId().get();
        var found =
            needs.credentials().find(setup.tenant(), credential).toCompletableFuture().get();
        values.putAll(variables(credential, found));
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException(
          "agent " + setup.agent().name() + " or its credential could not be read", e);
    }
    var row = table.find(setup.tenant(), id);
    if (row.isPresent()) {
      var own = opened(needs.variables().open(id, StoredDirectory.environment(row.get())));
      Optional.ofNullable(own.get(EgressProxy.WANTED)).ifPresent(reach::add);
      values.putAll(own);
    }
    return new ProcessStarter.Environment(values, reach);
  }

  private static Map<String, String> opened(SealedVariables.Opened own)
      throws ProcessStarter.StartException {
    return switch (own) {
      case SealedVariables.Opened.Plain(var values) -> values;
      case SealedVariables.Opened.Unreadable(var why) ->
          throw new ProcessStarter.StartException("the session's extraEnv cannot be read: " + why);
    };
  }

  private static Map<String, String> variables(String credential, Credentials.Found found)
      throws ProcessStarter.StartException {
    return switch (found) {
      case Credentials.Found.Unusable(var why) ->
          throw new ProcessStarter.StartException(
              "the session's credential " + credential + " cannot be used: " + why);
      case Credentials.Found.Usable(var type, var key) ->
          switch (CredentialVariables.of(type, key)) {
            case CredentialVariables.Variables(var variables) -> variables;
            case CredentialVariables.Malformed(var why) ->
                throw new ProcessStarter.StartException(why);
          };
    };
  }

  /** The dispatcher that workers run on. */
  static DispatcherSelector blockingDispatcher() {
    return DispatcherSelector.fromConfig("blocking-io");
  }
}
