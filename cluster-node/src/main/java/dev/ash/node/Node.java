package dev.ash.node;

import dev.ash.config.ClusterConfig;
import dev.ash.config.DatabaseConfig;
import dev.ash.config.NodeConfig;
import dev.ash.node.agents.StoredAgents;
import dev.ash.node.agents.StoredVersions;
import dev.ash.node.api.Api;
import dev.ash.node.attachments.StoredAttachments;
import dev.ash.node.auth.KeyBootstrap;
import dev.ash.node.auth.StoredKeys;
import dev.ash.node.bridge.UnixBridges;
import dev.ash.node.cluster.ClusterOverrides;
import dev.ash.node.cluster.Drain;
import dev.ash.node.cluster.Joining;
import dev.ash.node.cluster.KeyHolders;
import dev.ash.node.cluster.NodeBoard;
import dev.ash.node.cluster.RunnerRegistration;
import dev.ash.node.cluster.RunningTurns;
import dev.ash.node.credentials.StoredCredentials;
import dev.ash.node.driver.AgentDriver;
import dev.ash.node.driver.ClaudeDriver;
import dev.ash.node.driver.MockDriver;
import dev.ash.node.egress.SocketEgressProxy;
import dev.ash.node.eval.EvalFeature;
import dev.ash.node.management.Management;
import dev.ash.node.model.SocketModelProxy;
import dev.ash.node.model.StoredSpending;
import dev.ash.node.queue.QueueFeature;
import dev.ash.node.sandbox.LocalSandboxes;
import dev.ash.node.sandbox.Places;
import dev.ash.node.session.SessionFeature;
import dev.ash.node.session.StoredSessionCredentials;
import dev.ash.node.telemetry.Telemetry;
import dev.ash.node.upload.Uploads;
import dev.ash.node.workspace.PathRules;
import dev.ash.node.workspace.StoredWorkspaces;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.DatabaseSettings;
import dev.ash.persistence.FirstConnection;
import dev.ash.persistence.Migrations;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.blob.BlobStore;
import dev.ash.persistence.blob.DatabaseBlobStore;
import dev.ash.persistence.blob.FolderBlobStore;
import dev.ash.persistence.table.AgentTable;
import dev.ash.persistence.table.ApiKeyTable;
import dev.ash.persistence.table.AttachmentTable;
import dev.ash.persistence.table.CredentialTable;
import dev.ash.persistence.table.IdempotencyTable;
import dev.ash.persistence.table.ModelLedger;
import dev.ash.persistence.table.SessionTable;
import dev.ash.persistence.table.VersionTable;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.stream.Materializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node: opens what lies on disk, starts the features in the order of what they need, and ends
 * them in reverse. The only class that knows every feature.
 */
public final class Node {
  private static final Logger LOG = LoggerFactory.getLogger(Node.class);
  private static final Duration KEY_TRUST = Duration.ofSeconds(5);
  private static final Duration BRIDGE_ANSWER = Duration.ofSeconds(30);

  private final ActorSystem<Void> system;
  private final ServerBinding binding;

  private final Optional<KeyBootstrap.FirstKey> firstKey;

  private Node(
      ActorSystem<Void> system, ServerBinding binding, Optional<KeyBootstrap.FirstKey> firstKey) {
    this.system = system;
    this.binding = binding;
    this.firstKey = firstKey;
  }

  /**
   * Starts a node and returns when its API listens. Blocks.
   *
   * @param overrides keys put over the configuration files; a test's settings
   */
  public static Node start(Map<String, ?> overrides, InstantSource clock)
      throws IOException, InterruptedException {
    var keys = new HashMap<String, Object>(overrides);
    keys.putAll(RunnerRegistration.settings(NodeConfig.from(NodeConfig.load(overrides))));
    var config = NodeConfig.from(NodeConfig.load(keys));
    RequiredFiles.check(config);
    FirstConnection.await(config.database(), wait -> LockSupport.parkNanos(wait.toNanos()));
    Migrations.run(config.database(), clock);
    keys.putAll(DatabaseSettings.overrides(config.database()));
    keys.putAll(
        ClusterOverrides.of(
            config, Api.VERSION, StoredCredentials.keyNames(config.auth().credentialKeys())));
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "ash", NodeConfig.load(keys));
    try {
      return started(system, config, clock);
    } catch (IOException | InterruptedException | RuntimeException e) {
      system.terminate();
      throw e;
    }
  }

  private static Node started(ActorSystem<Void> system, NodeConfig config, InstantSource clock)
      throws IOException, InterruptedException {
    if (!config.cluster().isClustered()) {
      Joining.begin(system, config.cluster());
    }
    var blocking = system.dispatchers().lookup(DispatcherSelector.fromConfig("blocking-io"));
    var random = new SecureRandom();
    Supplier<UUID> ids = UUID::randomUUID;
    var sandboxes = LocalSandboxes.open(config.dataDir(), config.sandbox(), config.agent(), random);
    var database = PooledDatabase.besideJournal(system, config.database());
    var apiKeys = new ApiKeyTable(database);
    var firstKey =
        new KeyBootstrap(apiKeys, config.auth(), config.dataDir(), clock, ids, random).run();
    var blobs = blobs(config, database, clock, ids);
    var workspaces = new StoredWorkspaces(blobs, config.sandbox());
    var agents =
        new StoredAgents(
            new AgentTable(database),
            new IdempotencyTable(database),
            workspaces,
            config.dataDir(),
            clock,
            ids,
            blocking);
    var credentials =
        new StoredCredentials(
            new CredentialTable(database),
            config.auth().credentialKeys(),
            clock,
            ids,
            random,
            blocking);
    credentials.reseal();
    var variables = credentials.variables(key -> KeyHolders.areAll(system, key));
    var versions = new StoredVersions(new VersionTable(database), clock, ids, blocking);
    var telemetry = new Telemetry();
    var places = new Places(config.sandbox().maxSandboxes(), clock);
    var turns = new RunningTurns(config.cluster().shards());
    var drain = new Drain(config.cluster().drain(), turns, clock, blocking);
    var port = new AtomicInteger();
    var nodes =
        NodeBoard.start(
            system,
            new LoadReport(system, config, NodeName.of(config), port::get, places, turns, drain),
            clock);
    var model =
        new SocketModelProxy(
            system,
            config.model(),
            new SocketModelProxy.Needs(
                new ModelLedger(database),
                new StoredSessionCredentials(
                    new SessionTable(database), credentials, variables, clock, blocking),
                config.sandbox().credentials(),
                database.dialect() == Dialect.SQLITE,
                clock,
                ids,
                blocking,
                telemetry));
    var egress = new SocketEgressProxy(config.sandbox().egress(), telemetry);
    var sessions =
        new SessionFeature(
            new SessionFeature.Needs(
                system,
                config,
                database,
                agents,
                versions,
                sandboxes,
                places,
                nodes,
                turns,
                new UnixBridges(
                    new UnixBridges.Settings(
                        config.sandbox().lease(),
                        BRIDGE_ANSWER,
                        PathRules.neverListed(),
                        PathRules.neverPersisted())),
                workspaces,
                credentials,
                variables,
                model,
                egress,
                driver(config),
                clock,
                ids,
                blocking,
                telemetry));
    var queue =
        new QueueFeature(
            system,
            config.queue(),
            config.cluster().has(ClusterConfig.Role.API),
            database,
            sessions.sessions(),
            clock,
            ids,
            blocking);
    var evals =
        new EvalFeature(
            new EvalFeature.Needs(
                database,
                sessions.sessions(),
                Materializer.createMaterializer(system),
                config.eval(),
                config.sandbox().maxSandboxes(),
                clock,
                ids,
                blocking));
    var api =
        new Api(
            new Api.Ports(
                sessions.sessions(),
                sessions.bundles(),
                new StoredAttachments(
                    new AttachmentTable(database),
                    sessions.sessions(),
                    workspaces,
                    clock,
                    ids,
                    blocking),
                agents,
                versions,
                sessions.usage(),
                evals.evals(),
                new StoredKeys(apiKeys, config.auth(), KEY_TRUST, clock, ids, random, blocking),
                credentials,
                queue.queue(),
                nodes,
                new StoredSpending(database, config.model().budgets(), clock, blocking),
                () -> sandboxes.isolation().level(),
                telemetry::scrape,
                telemetry,
                Uploads.open(
                    config.dataDir().resolve("uploads"),
                    config.http().uploadSpace(),
                    config.sandbox().diskReserve(config.dataDir().toFile().getTotalSpace()),
                    ids,
                    blocking)),
            config.http(),
            switch (config.database()) {
              case DatabaseConfig.Sqlite _ -> Optional.empty();
              case DatabaseConfig.Postgres postgres -> Optional.of(postgres.url());
            },
            config.auth().internalSecret(),
            clock,
            NodeName.of(config));
    var management =
        Management.start(
            system,
            config.cluster().management(),
            config.auth(),
            NodeView.of(
                system, config, database, sandboxes, nodes, turns, drain, sessions, blocking));
    LOG.info(
        "Management on http://{}:{}",
        config.cluster().management().host(),
        management.localAddress().getPort());
    if (config.cluster().isClustered()) {
      Joining.begin(system, config.cluster());
      Joining.await(system, config.cluster());
    }
    sessions.resealVariables();
    var binding = bind(system, config, api);
    port.set(binding.localAddress().getPort());
    new NodeEnd(
            system,
            binding,
            management,
            blocking,
            drain,
            queue,
            evals,
            sessions,
            model,
            egress,
            sandboxes,
            database,
            telemetry)
        .inOrder();
    telemetry.start(model::stats, places);
    LOG.info(
        "Ash listens on http://{}:{} (data: {}, database: {}, agent: {})",
        config.http().host(),
        binding.localAddress().getPort(),
        config.dataDir(),
        switch (config.database()) {
          case DatabaseConfig.Sqlite _ -> "SQLite";
          case DatabaseConfig.Postgres _ -> "PostgreSQL";
        },
        config.agent().real() ? "claude" : "mock");
    return new Node(system, binding, firstKey);
  }

  /** A node on its own has a folder; nodes that share a database find their contents there. */
  private static BlobStore blobs(
      NodeConfig config, PooledDatabase database, InstantSource clock, Supplier<UUID> ids)
      throws IOException {
    return switch (config.database()) {
      case DatabaseConfig.Sqlite _ ->
          FolderBlobStore.open(config.dataDir().resolve("blobs"), clock, ids);
      case DatabaseConfig.Postgres _ ->
          DatabaseBlobStore.open(database, config.dataDir().resolve("spool"));
    };
  }

  private static AgentDriver driver(NodeConfig config) {
    return config.agent().real()
        ? new ClaudeDriver(config.agent().permissionMode(), config.agent().maxRetries())
        : new MockDriver();
  }

  private static ServerBinding bind(ActorSystem<Void> system, NodeConfig config, Api api)
      throws IOException, InterruptedException {
    try {
      return Http.get(system)
          .newServerAt(config.http().host(), config.http().port())
          .withSettings(Api.settings(ServerSettings.create(Adapter.toClassic(system))))
          .bind(api.routes())
          .toCompletableFuture()
          .get();
    } catch (java.util.concurrent.ExecutionException e) {
      throw new IOException(
          "cannot listen on %s:%d: %s (another program listens there? choose with ASH_PORT)"
              .formatted(config.http().host(), config.http().port(), e.getCause()),
          e);
    }
  }

  /** Where the API listens. */
  public int port() {
    return binding.localAddress().getPort();
  }

  /** The key that was made because there was none; it is told once and never again. */
  public Optional<KeyBootstrap.FirstKey> firstKey() {
    return firstKey;
  }

  /** Drains and ends the node, as SIGTERM does. */
  public CompletionStage<Done> stop() {
    return CoordinatedShutdown.get(system).runAll(CoordinatedShutdown.unknownReason());
  }

  /** Whether the node ended because the others could not reach it; it may be started again. */
  public boolean wasRemoved() {
    return NodeEnd.wasRemoved(system);
  }

  /** Completes when the node has ended. */
  public CompletionStage<Done> whenEnded() {
    return system.getWhenTerminated();
  }
}
