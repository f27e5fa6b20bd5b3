package dev.ash.persistence.table;

import static dev.ash.persistence.TestDatabases.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ash.persistence.Database;
import dev.ash.persistence.Database.DatabaseException;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.TestDatabases;
import dev.ash.persistence.table.SessionTable.Filter;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.IntStream;
import org.apache.pekko.Done;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Dialect.class)
final class SessionTableTest {
  private static final TenantId ACME = new TenantId("acme");
  private static final TenantId OTHER = new TenantId("other");
  private static final AgentName HELPER = new AgentName("helper");

  private final Dialect dialect;
  @TempDir private Path folder = Path.of("");
  private Database database;
  private SessionTable table;

  SessionTableTest(Dialect dialect) {
    this.dialect = dialect;
  }

  @BeforeEach
  void open() {
    database = PooledDatabase.alone(TestDatabases.migrated(dialect, folder));
    table = new SessionTable(database);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void givesBackWhatWasWritten() {
    var row =
        new SessionRow(
            id(1),
            ACME,
            HELPER,
            "active",
            Optional.of(id(9)),
            "{\"model\":\"é\"}",
            Optional.of("{\"A\":\"1\"}"),
            NOW,
            NOW.plusMillis(5),
            7);
    table.upsert(List.of(row));

    assertThat(table.find(ACME, id(1))).contains(row);
    assertThat(table.find(id(1))).contains(row);
    assertThat(table.find(OTHER, id(1))).isEmpty();
    assertThat(table.find(id(2))).isEmpty();
  }

  @Test
  void anOlderRowNeverReplacesANewerOne() {
    table.upsert(List.of(row(1, "paused", 5)));
    table.upsert(List.of(row(1, "active", 4)));
    assertThat(status(1)).isEqualTo("paused");

    table.upsert(List.of(row(1, "active", 6)));
    assertThat(status(1)).isEqualTo("active");
  }

  @Test
  void ofTwoRowsOfOneSessionInABatchTheNewerStays() {
    table.upsert(
        List.of(
            withEnv(row(1, "starting", 1), "{\"K\":\"v\"}"),
            row(1, "paused", 3),
            row(1, "active", 2)));

    assertThat(status(1)).isEqualTo("paused");
    assertThat(env(1)).isEqualTo("{\"K\":\"v\"}");
  }

  @Test
  void keepsTheEnvironmentWhenAnUpdateHasNone() {
    table.upsert(List.of(withEnv(row(1, "starting", 1), "{\"K\":\"v\"}")));
    table.upsert(List.of(row(1, "active", 2)));
    assertThat(env(1)).isEqualTo("{\"K\":\"v\"}");

    table.upsert(List.of(withEnv(row(1, "active", 3), "{}")));
    assertThat(env(1)).isEqualTo("{}");
  }

  @Test
  void replacesEnvironmentsThatNobodyHasChangedMeanwhile() {
    table.upsert(
        List.of(
            withEnv(row(1, "active", 1), "{\"K\":\"1\"}"),
            row(2, "active", 1),
            withEnv(row(3, "ended", 1), "{\"K\":\"3\"}"),
            withEnv(row(4, "active", 1), "{\"K\":\"4\"}")));
    table.delete(List.of(id(4)));

    var first = table.environments("", 1);
    var second = table.environments(first.getLast().id().value(), 9);
    assertThat(first).containsExactly(new SessionTable.Environment(id(1), "{\"K\":\"1\"}"));
    assertThat(second).containsExactly(new SessionTable.Environment(id(3), "{\"K\":\"3\"}"));
    table.upsert(List.of(withEnv(row(3, "ended", 2), "{\"K\":\"new\"}")));

    var done =
        table.replaceEnvironments(
            List.of(
                new SessionTable.NewEnvironment(first.getFirst(), "{\"K\":\"sealed\"}"),
                new SessionTable.NewEnvironment(second.getFirst(), "{\"K\":\"sealed\"}")));

    assertThat(done).isEqualTo(1);
    assertThat(env(1)).isEqualTo("{\"K\":\"sealed\"}");
    assertThat(env(3)).isEqualTo("{\"K\":\"new\"}");
    assertThat(first.toString()).doesNotContain("K");
  }

  @Test
  void aSessionNeverMovesToAnotherTenant() {
    table.upsert(List.of(row(1, "active", 1)));
    table.upsert(List.of(row(id(1), OTHER, HELPER, "ended", 0, 9)));

    assertThat(table.find(ACME, id(1)).map(SessionRow::status)).contains("active");
  }

  @Test
  void listsNewestFirstInPagesAndById() {
    table.upsert(
        List.of(
            row(id(3), ACME, HELPER, "active", 1, 1),
            row(id(2), ACME, HELPER, "active", 1, 1),
            row(id(1), ACME, new AgentName("b"), "paused", 2, 1),
            row(id(4), OTHER, HELPER, "active", 3, 1),
            row(id(5), ACME, HELPER, "ended", 0, 1)));

    assertThat(listed(Filter.all(ACME), OptionalInt.empty(), 0))
        .containsExactly(id(1), id(2), id(3), id(5));
    assertThat(listed(Filter.all(ACME), OptionalInt.of(2), 1)).containsExactly(id(2), id(3));
    assertThat(listed(Filter.all(ACME), OptionalInt.empty(), 3)).containsExactly(id(5));
    assertThat(listed(filter(Optional.of(HELPER), "active"), OptionalInt.empty(), 0))
        .containsExactly(id(2), id(3));
    assertThat(table.count(Filter.all(ACME))).isEqualTo(4);
    assertThat(table.count(filter(Optional.empty(), "paused"))).isEqualTo(1);
    assertThat(table.countByStatus()).isEqualTo(Map.of("active", 3L, "paused", 1L, "ended", 1L));
    assertThat(table.rowsOf(List.of("paused", "ended")).stream().map(SessionRow::id))
        .containsExactly(id(1), id(5));
    assertThat(table.rowsOf(List.of())).isEmpty();
  }

  @Test
  void aListLeavesOutWhatNobodyShowsInIt() {
    var row = withEnv(row(1, "active", 1), "{\"K\":\"v\"}");
    table.upsert(
        List.of(
            new SessionRow(
                row.id(),
                row.tenant(),
                row.agent(),
                row.status(),
                row.parent(),
                "{\"systemPrompt\":\"%s\"}".formatted("x".repeat(1000)),
                row.envJson(),
                row.createdAt(),
                row.lastActiveAt(),
                row.sequence())));

    var listed = table.list(Filter.all(ACME), OptionalInt.empty(), 0).getFirst();

    assertThat(listed.settingsJson()).isEqualTo("{}");
    assertThat(listed.envJson()).contains("{}");
    assertThat(table.find(id(1)).orElseThrow().settingsJson()).contains("systemPrompt");
    assertThat(env(1)).isEqualTo("{\"K\":\"v\"}");
  }

  @Test
  void tellsWhichOfAnAgentsSessionsHaveEnded() {
    table.upsert(
        List.of(
            row(1, "active", 1),
            row(2, "ended", 1),
            row(3, "stopped", 1),
            row(4, "ended", 1),
            row(id(5), ACME, new AgentName("b"), "ended", 1, 1),
            row(id(6), OTHER, HELPER, "active", 1, 1)));
    table.delete(List.of(id(4)));

    assertThat(table.open(ACME, HELPER)).containsExactlyInAnyOrder(id(1), id(3));
    assertThat(table.ended(ACME, HELPER, 10)).containsExactly(id(2));
    assertThat(table.ended(ACME, HELPER, 0)).isEmpty();
  }

  /** PostgreSQL cannot do otherwise, and SQLite must not differ. */
  @Test
  void aTextWithANulIsNeitherStoredNorLookedFor() {
    assertUnstorable(() -> table.upsert(List.of(row(1, "a\0b", 1))));
    assertUnstorable(() -> table.count(filter(Optional.empty(), "a\0b")));
    assertThat(table.find(id(1))).isEmpty();

    table.upsert(List.of(row(1, "active", 1)));
    assertThat(status(1)).isEqualTo("active");
  }

  private static void assertUnstorable(ThrowingCallable work) {
    assertThatThrownBy(work)
        .isInstanceOfSatisfying(
            DatabaseException.class,
            e -> {
              assertThat(e.isUnstorable()).isTrue();
              assertThat(e.isUnreachable()).isFalse();
            });
  }

  @Test
  void deletesRows() {
    table.upsert(List.of(row(1, "active", 1), row(2, "active", 1)));

    assertThat(table.delete(List.of(id(1), id(3)))).isEqualTo(1);
    assertThat(table.find(id(1))).isEmpty();
    assertThat(table.find(id(2))).isPresent();
  }

  @Test
  void lateWriteOfAnEntityDoesNotBringADeletedRowBack() {
    table.upsert(List.of(row(1, "active", 1)));
    table.delete(List.of(id(1)));

    table.upsert(List.of(row(1, "ended", 9)));

    assertThat(table.find(id(1))).isEmpty();
    assertThat(table.countByStatus()).isEmpty();
    assertThat(table.delete(List.of(id(1)))).isZero();
  }

  @Test
  void fiftyEntitiesWriteAtOnceAndEachRowIsThereWhenItsStageCompletes() {
    try (var writer = new DirectoryWriter(table, 1000)) {
      var written =
          IntStream.range(0, 50)
              .mapToObj(i -> writer.write(row(i, "active", 1)))
              .map(CompletionStage::toCompletableFuture)
              .toArray(CompletableFuture<?>[]::new);
      CompletableFuture.allOf(written).join();

      assertThat(table.count(Filter.all(ACME))).isEqualTo(50);
    }
  }

  @Test
  void closingTheWriterWritesWhatIsQueuedAndThenRefuses() {
    var writer = new DirectoryWriter(table, 1000);
    var queued = IntStream.range(0, 20).mapToObj(i -> writer.write(row(i, "active", 1))).toList();
    writer.close();

    assertThat(queued).allSatisfy(SessionTableTest::isDone);
    assertThatThrownBy(() -> writer.write(row(1, "active", 2)).toCompletableFuture().join())
        .hasCauseInstanceOf(RejectedExecutionException.class);
  }

  @Test
  void anErrorSaysWhatWasTried() {
    database.write(connection -> connection.createStatement().execute("DROP TABLE sessions"));

    assertThatThrownBy(() -> table.upsert(List.of(row(1, "active", 1))))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("write of SessionTable.upsert failed")
        .hasMessageContaining("sessions");
    try (var writer = new DirectoryWriter(table, 10)) {
      assertThatThrownBy(() -> writer.write(row(1, "active", 1)).toCompletableFuture().join())
          .hasCauseInstanceOf(DatabaseException.class);
    }
  }

  private static void isDone(CompletionStage<Done> stage) {
    assertThat(stage.toCompletableFuture()).isCompletedWithValue(Done.getInstance());
  }

  private List<SessionId> listed(Filter filter, OptionalInt limit, int offset) {
    return table.list(filter, limit, offset).stream().map(SessionRow::id).toList();
  }

  private String status(int n) {
    return table.find(id(n)).orElseThrow().status();
  }

  private String env(int n) {
    return table.find(id(n)).flatMap(SessionRow::envJson).orElseThrow();
  }

  private static Filter filter(Optional<AgentName> agent, String status) {
    return new Filter(ACME, agent, Optional.of(status));
  }

  private static SessionId id(int n) {
    return SessionId.of(new UUID(0, n));
  }

  private static SessionRow row(int n, String status, long sequence) {
    return row(id(n), ACME, HELPER, status, 0, sequence);
  }

  private static SessionRow row(
      SessionId id, TenantId tenant, AgentName agent, String status, int age, long sequence) {
    var created = NOW.plusMillis(age);
    return new SessionRow(
        id,
        tenant,
        agent,
        status,
        Optional.empty(),
        "{}",
        Optional.empty(),
        created,
        created,
        sequence);
  }

  private static SessionRow withEnv(SessionRow row, String env) {
    return new SessionRow(
        row.id(),
        row.tenant(),
        row.agent(),
        row.status(),
        row.parent(),
        row.settingsJson(),
        Optional.of(env),
        row.createdAt(),
        row.lastActiveAt(),
        row.sequence());
  }
}
