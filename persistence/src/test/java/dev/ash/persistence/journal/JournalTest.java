package dev.ash.persistence.journal;

import static dev.ash.persistence.TestDatabases.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.config.DatabaseConfig;
import dev.ash.config.NodeConfig;
import dev.ash.persistence.Database;
import dev.ash.persistence.Database.DatabaseException;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.TestDatabases;
import dev.ash.persistence.journal.Recorder.Command;
import dev.ash.persistence.journal.Recorder.Recall;
import dev.ash.persistence.journal.Recorder.Store;
import dev.ash.persistence.journal.SessionLog.Stored;
import dev.ash.persistence.table.DirectoryWriter;
import dev.ash.persistence.table.SessionRow;
import dev.ash.persistence.table.SessionTable;
import dev.ash.persistence.table.SessionTable.Filter;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import dev.ash.protocol.session.Marks;
import dev.ash.protocol.session.SessionEvent;
import dev.ash.protocol.session.SessionEvent.AgentSaid;
import dev.ash.protocol.session.SessionEvent.Stopped;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Dialect.class)
final class JournalTest {
  private static final SessionId ID = SessionId.of(new UUID(0, 1));
  private static final TenantId ACME = new TenantId("acme");
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Dialect dialect;
  @TempDir private Path folder = Path.of("");
  private DatabaseConfig config;
  private ActorTestKit actors;
  private Database database;

  JournalTest(Dialect dialect) {
    this.dialect = dialect;
  }

  @BeforeEach
  void start() {
    config = TestDatabases.migrated(dialect, folder);
    startNode();
  }

  @AfterEach
  void stop() {
    database.close();
    actors.shutdownTestKit();
  }

  @Test
  void anEntityFindsItsEventsAgainAfterARestart() {
    var events = List.<SessionEvent>of(said(1), said(2), new Stopped(new Marks(2, 2), NOW));
    store(actors.spawn(Recorder.create(ID)), events);
    stop();
    startNode();

    assertThat(recall(actors.spawn(Recorder.create(ID)))).isEqualTo(events);
    assertThat(log().read(ID, 0, 10, 1 << 20))
        .containsExactly(
            new Stored(1, events.get(0)),
            new Stored(2, events.get(1)),
            new Stored(3, events.get(2)));
  }

  @Test
  void readsPagesAfterASequence() {
    store(actors.spawn(Recorder.create(ID)), events(1, 50));
    store(actors.spawn(Recorder.create(SessionId.of(new UUID(0, 2)))), events(1, 5));

    assertThat(sequences(log().read(ID, 10, 5, 1 << 20))).containsExactly(11L, 12L, 13L, 14L, 15L);
    assertThat(sequences(log().read(ID, 47, 100, 1 << 20))).containsExactly(48L, 49L, 50L);
    assertThat(log().read(ID, 50, 100, 1 << 20)).isEmpty();
    assertThat(sequences(log().read(ID, 0, 100, 1))).containsExactly(1L);
    assertThat(log().read(ID, 0, 100, 2_000)).hasSizeBetween(2, 30);
    assertThat(log().highest(ID)).isEqualTo(50);
    assertThat(log().newest(ID).map(Stored::sequence)).contains(50L);
  }

  @Test
  void aSessionThatNeverWasHasNoEvents() {
    assertThat(log().highest(ID)).isZero();
    assertThat(log().newest(ID)).isEmpty();
    assertThat(log().read(ID, 0, 10, 1000)).isEmpty();
    assertThat(log().firstSequenceWhere(ID, _ -> true)).isEqualTo(1);
  }

  @Test
  void findsALowerBoundByBisection() {
    // Every third event is a message.
    var events =
        LongStream.rangeClosed(1, 100)
            .<SessionEvent>mapToObj(n -> new AgentSaid(1, "{}", Optional.empty(), new Marks(n / 3, n), NOW))
            .toList();
    store(actors.spawn(Recorder.create(ID)), events);

    for (var after = 0L; after < 33; after++) {
      var bound = after;
      assertThat(log().firstSequenceWhere(ID, marks -> marks.messages() > bound))
          .isEqualTo((after + 1) * 3);
    }
    assertThat(log().firstSequenceWhere(ID, marks -> marks.messages() > 33)).isEqualTo(101);
    assertThat(log().firstSequenceWhere(ID, marks -> marks.timeline() > 0)).isEqualTo(1);
  }

  @Test
  void ofTwoWritersOfOneSessionTheSecondFails() {
    var owner = actors.spawn(Recorder.create(ID));
    var stale = actors.spawn(Recorder.create(ID));
    assertThat(recall(owner)).isEmpty();
    assertThat(recall(stale)).isEmpty();
    TestProbe<Long> stored = actors.createTestProbe();

    store(owner, List.of(said(1)));
    stale.tell(new Store(List.of(said(2)), stored.ref()));

    stored.expectTerminated(stale, PATIENCE);
    stored.expectNoMessage(Duration.ofMillis(1));
    assertThat(log().read(ID, 0, 10, 1 << 20)).containsExactly(new Stored(1, said(1)));
  }

  @Test
  void journalTablesAndReadersWorkAtOnceWithoutALockedFile() {
    var table = new SessionTable(database);
    var ids = IntStream.range(0, 50).mapToObj(i -> SessionId.of(new UUID(1, i))).toList();
    var entities = ids.stream().map(id -> actors.spawn(Recorder.create(id))).toList();
    var work = new ArrayList<CompletableFuture<?>>();
    try (var writer = new DirectoryWriter(table, 1000)) {
      for (var round = 1; round <= 10; round++) {
        for (var i = 0; i < ids.size(); i++) {
          work.add(storing(entities.get(i), List.of(said(round))));
          work.add(writer.write(row(ids.get(i), round)).toCompletableFuture());
        }
        for (var i = 0; i < 4; i++) {
          var id = ids.get(i);
          work.add(CompletableFuture.runAsync(() -> table.upsert(List.of(row(id, 0)))));
          work.add(CompletableFuture.supplyAsync(() -> log().highest(id)));
          work.add(CompletableFuture.supplyAsync(() -> table.count(Filter.all(ACME))));
        }
      }
      CompletableFuture.allOf(work.toArray(CompletableFuture<?>[]::new)).join();
    }

    assertThat(ids).allSatisfy(id -> assertThat(log().highest(id)).isEqualTo(10));
    assertThat(ids)
        .allSatisfy(id -> assertThat(table.find(id).map(SessionRow::sequence)).contains(10L));
  }

  @Test
  void onSqliteEveryCommitIsForcedToDisk() {
    if (dialect == Dialect.SQLITE) {
      assertThat(pragma("journal_mode")).isEqualTo("wal");
      assertThat(pragma("synchronous")).isEqualTo("2");
    }
  }

  @Test
  void aFullDiskIsAClearErrorAndWhatWasStoredStays() {
    if (dialect == Dialect.POSTGRESQL) {
      return;
    }
    var table = new SessionTable(database);
    store(actors.spawn(Recorder.create(ID)), events(1, 5));
    limitPages(1);
    var entity = actors.spawn(Recorder.create(ID));
    TestProbe<Long> stored = actors.createTestProbe();
    var large = new AgentSaid(1, "x".repeat(100_000), Optional.empty(), Marks.NONE, NOW);

    entity.tell(new Store(List.of(large), stored.ref()));

    stored.expectTerminated(entity, PATIENCE);
    assertThatThrownBy(() -> table.upsert(List.of(row(ID, 1, "x".repeat(100_000)))))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("SessionTable.upsert failed: no space left for the database");
    assertThat(log().highest(ID)).isEqualTo(5);

    limitPages(1_000_000);
    assertThat(store(actors.spawn(Recorder.create(ID)), List.of(large))).isEqualTo(6);
    table.upsert(List.of(row(ID, 1, "x".repeat(100_000))));
  }

  private String pragma(String name) {
    return database.write(
        connection -> {
          try (var select = connection.prepareStatement("PRAGMA " + name);
              var rows = select.executeQuery()) {
            rows.next();
            return rows.getString(1);
          }
        });
  }

  private void limitPages(int count) {
    database.write(
        connection -> {
          try (var statement = connection.createStatement()) {
            return statement.execute("PRAGMA max_page_count = " + count);
          }
        });
  }

  private void startNode() {
    actors = ActorTestKit.create(NodeConfig.load(TestDatabases.settings(config)));
    database = PooledDatabase.besideJournal(actors.system(), config);
  }

  private SessionLog log() {
    return new SessionLog(database, actors.system());
  }

  private long store(ActorRef<Command> entity, List<SessionEvent> events) {
    return storing(entity, events).join();
  }

  private CompletableFuture<Long> storing(ActorRef<Command> entity, List<SessionEvent> events) {
    return AskPattern.<Command, Long>ask(
            entity, to -> new Store(events, to), PATIENCE, actors.scheduler())
        .toCompletableFuture();
  }

  private List<SessionEvent> recall(ActorRef<Command> entity) {
    return AskPattern.<Command, List<SessionEvent>>ask(
            entity, Recall::new, PATIENCE, actors.scheduler())
        .toCompletableFuture()
        .join();
  }

  private static List<Long> sequences(List<Stored> stored) {
    return stored.stream().map(Stored::sequence).toList();
  }

  private static List<SessionEvent> events(long from, long to) {
    return LongStream.rangeClosed(from, to).<SessionEvent>mapToObj(JournalTest::said).toList();
  }

  private static SessionEvent said(long n) {
    return new AgentSaid(1, "{\"n\":" + n + "}", Optional.empty(), new Marks(n, n), NOW);
  }

  private static SessionRow row(SessionId id, long sequence) {
    return row(id, sequence, "{}");
  }

  private static SessionRow row(SessionId id, long sequence, String settings) {
    return new SessionRow(
        id,
        ACME,
        new AgentName("helper"),
        "active",
        Optional.empty(),
        settings,
        Optional.empty(),
        NOW,
        NOW,
        sequence);
  }
}
