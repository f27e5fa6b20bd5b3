package dev.ash.persistence.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ash.config.DatabaseConfig;
import dev.ash.config.NodeConfig;
import dev.ash.persistence.Migrations;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.TestDatabases;
import dev.ash.persistence.journal.Recorder.Command;
import dev.ash.persistence.journal.Recorder.Store;
import dev.ash.persistence.table.DirectoryWriter;
import dev.ash.persistence.table.SessionRow;
import dev.ash.persistence.table.SessionTable;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Marks;
import dev.ash.protocol.session.SessionEvent;
import dev.ash.protocol.session.SessionEvent.AgentSaid;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/**
 * A process that stores events and rows of many sessions until it is killed. It prints {@code event
 * <session> <n>} and {@code row <session> <n>} after each was acknowledged.
 */
final class CrashingWriter {
  static final int SESSIONS = 20;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final ActorTestKit actors;
  private final DirectoryWriter directory;
  private final PrintStream out;

  private CrashingWriter(ActorTestKit actors, DirectoryWriter directory, PrintStream out) {
    this.actors = actors;
    this.directory = directory;
    this.out = out;
  }

  static void main(String[] args) throws InterruptedException {
    var config = new DatabaseConfig.Sqlite(Path.of(args[0]));
    Migrations.run(config, TestDatabases.CLOCK);
    var actors = ActorTestKit.create(NodeConfig.load(TestDatabases.settings(config)));
    var table = new SessionTable(PooledDatabase.besideJournal(actors.system(), config));
    // Straight to the pipe: a line that is lost in a buffer is no acknowledgement.
    var out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, UTF_8);
    var writer = new CrashingWriter(actors, new DirectoryWriter(table, 1000), out);
    var threads =
        IntStream.range(0, SESSIONS)
            .mapToObj(session -> Thread.ofVirtual().start(() -> writer.run(session)))
            .toList();
    for (var thread : threads) {
      thread.join();
    }
  }

  static SessionId id(int session) {
    return SessionId.of(new UUID(5, session));
  }

  static SessionEvent event(long n) {
    return new AgentSaid(
        1,
        "{\"n\":%d,\"pad\":\"%s\"}".formatted(n, "x".repeat(200)),
        Optional.empty(),
        new Marks(n, n),
        TestDatabases.NOW);
  }

  private void run(int session) {
    ActorRef<Command> entity = actors.spawn(Recorder.create(id(session)));
    for (var n = 1L; ; n++) {
      store(entity, n);
      out.println("event " + session + " " + n);
      directory.write(row(session, n)).toCompletableFuture().join();
      out.println("row " + session + " " + n);
    }
  }

  private void store(ActorRef<Command> entity, long n) {
    AskPattern.<Command, Long>ask(
            entity, to -> new Store(List.of(event(n)), to), PATIENCE, actors.scheduler())
        .toCompletableFuture()
        .join();
  }

  private static SessionRow row(int session, long n) {
    return new SessionRow(
        id(session),
        new TenantId("acme"),
        new AgentName("helper"),
        "active",
        Optional.empty(),
        "{}",
        Optional.empty(),
        TestDatabases.NOW,
        TestDatabases.NOW,
        n);
  }
}
