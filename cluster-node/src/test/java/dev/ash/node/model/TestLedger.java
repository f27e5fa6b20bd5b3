package dev.ash.node.model;

import dev.ash.config.DatabaseConfig;
import dev.ash.config.SandboxConfig;
import dev.ash.node.credentials.SessionCredentials;
import dev.ash.node.telemetry.Metrics;
import dev.ash.node.telemetry.NoMetrics;
import dev.ash.persistence.Database;
import dev.ash.persistence.Migrations;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.table.ModelCall;
import dev.ash.persistence.table.ModelLedger;
import dev.ash.persistence.table.ModelSpending;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/** A real ledger in a file. */
final class TestLedger implements AutoCloseable {
  static final TenantId TENANT = new TenantId("acme");

  private final Database database;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private TestLedger(Database database) {
    this.database = database;
  }

  static TestLedger open(Path folder) {
    var config = new DatabaseConfig.Sqlite(folder.resolve("ledger.db"));
    Migrations.run(config, Clock.systemUTC());
    return new TestLedger(PooledDatabase.alone(config));
  }

  static Account account(SessionId session, Consumer<ModelNotice> notices) {
    return new Account(session, TENANT, new AgentName("helper"), "red", notices);
  }

  SocketModelProxy.Needs needs() {
    return needs(_ -> CompletableFuture.completedStage(new SessionCredentials.Choice.OfNode()));
  }

  SocketModelProxy.Needs needs(SessionCredentials credentials) {
    return needs(credentials, SandboxConfig.Credentials.PROXY);
  }

  SocketModelProxy.Needs needs(SessionCredentials credentials, SandboxConfig.Credentials inside) {
    return needs(credentials, inside, new NoMetrics());
  }

  SocketModelProxy.Needs needs(Metrics metrics) {
    return needs(
        _ -> CompletableFuture.completedStage(new SessionCredentials.Choice.OfNode()),
        SandboxConfig.Credentials.PROXY,
        metrics);
  }

  private SocketModelProxy.Needs needs(
      SessionCredentials credentials, SandboxConfig.Credentials inside, Metrics metrics) {
    return new SocketModelProxy.Needs(
        new ModelLedger(database),
        credentials,
        inside,
        true,
        Clock.systemUTC(),
        UUID::randomUUID,
        threads,
        metrics);
  }

  StoredSpending spending() {
    return new StoredSpending(database, List.of(), Clock.systemUTC(), threads);
  }

  List<ModelCall> calls(SessionId session) {
    return new ModelSpending(database).calls(TENANT, session, 1000);
  }

  @Override
  public void close() {
    threads.close();
    database.close();
  }
}
