package dev.ash.persistence.table;

import static dev.ash.persistence.TestDatabases.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.persistence.Database;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.ExplainedDatabase;
import dev.ash.persistence.ExplainedDatabase.Plan;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.TestDatabases;
import dev.ash.persistence.table.AttachmentTable.AttachmentRow;
import dev.ash.persistence.table.EvalCaseTable.CaseRow;
import dev.ash.persistence.table.UsageTable.Counted;
import dev.ash.persistence.table.UsageTable.Progress;
import dev.ash.persistence.table.UsageTable.UsageRow;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Lists of a tenant that has ten thousand of everything, and is not alone. */
@ParameterizedClass
@EnumSource(Dialect.class)
final class ManyRowsTest {
  private static final int MANY = 10_000;
  private static final int PAGE = 100;
  private static final TenantId BIG = new TenantId("big");
  private static final List<TenantId> TENANTS =
      List.of(BIG, new TenantId("a"), new TenantId("b"), new TenantId("c"));

  private static final AgentName BUSY = new AgentName("busy");
  private static final AgentName RARE = new AgentName("rare");
  private static final Optional<AgentName> ANY_AGENT = Optional.empty();
  private static final Optional<String> ANY_STATUS = Optional.empty();

  private static final Map<Dialect, ExplainedDatabase> FILLED = new EnumMap<>(Dialect.class);

  @TempDir private static Path folder = Path.of("");

  private final ExplainedDatabase database;

  ManyRowsTest(Dialect dialect) {
    database = FILLED.computeIfAbsent(dialect, ManyRowsTest::filled);
  }

  @AfterAll
  static void close() {
    FILLED.values().forEach(ExplainedDatabase::close);
    FILLED.clear();
  }

  private static ExplainedDatabase filled(Dialect dialect) {
    var filled =
        new ExplainedDatabase(PooledDatabase.alone(TestDatabases.migrated(dialect, folder)));
    new SessionTable(filled).upsert(forTenants(ManyRowsTest::sessions));
    new UsageTable(filled).store(forTenants(ManyRowsTest::usage));
    new EvalCaseTable(filled).insert(forTenants(ManyRowsTest::cases));
    fillQueue(filled);
    fillAttachments(filled);
    if (dialect == Dialect.POSTGRESQL) {
      filled.write(connection -> connection.createStatement().execute("ANALYZE"));
    }
    filled.plans();
    return filled;
  }

  @Test
  void sessionsAreListedByAnIndexWhateverIsAskedFor() {
    var table = new SessionTable(database);
    for (var agent : List.of(ANY_AGENT, Optional.of(BUSY), Optional.of(RARE))) {
      for (var status : List.of(ANY_STATUS, Optional.of("active"), Optional.of("paused"))) {
        var filter = new SessionTable.Filter(BIG, agent, status);
        var all = new ArrayList<SessionId>();
        for (var page = page(table, filter, 0); !page.isEmpty(); ) {
          all.addAll(page);
          page = all.size() < 3 * PAGE ? page(table, filter, all.size()) : List.of();
        }
        assertThat(all).doesNotHaveDuplicates();
        assertThat(page(table, filter, MANY - 1)).hasSizeLessThan(2);
        assertInOrderByIndex();
        assertThat(table.count(filter)).isGreaterThanOrEqualTo(all.size());
        assertByIndex();
      }
    }
    assertThat(table.count(SessionTable.Filter.all(BIG))).isEqualTo(MANY);
  }

  @Test
  void everySessionIsOnOnePage() {
    var table = new SessionTable(database);
    var ids = new ArrayList<SessionId>();
    for (var offset = 0; offset < MANY; offset += 1000) {
      var page = table.list(SessionTable.Filter.all(BIG), OptionalInt.of(1000), offset);
      ids.addAll(page.stream().map(SessionRow::id).toList());
    }

    assertThat(ids).hasSize(MANY).doesNotHaveDuplicates();
    assertThat(ids.getFirst()).isEqualTo(session(0, MANY - 1));
  }

  @Test
  void queueItemsAreListedByAnIndex() {
    var table = new QueueTable(database);
    assertThat(table.list(BIG, Optional.empty(), PAGE)).hasSize(PAGE);
    assertInOrderByIndex();
    assertThat(table.list(BIG, Optional.of("pending"), PAGE)).hasSize(PAGE);
    assertInOrderByIndex();
    assertThat(table.list(BIG, Optional.of("cancelled"), PAGE)).hasSize(10);
    assertThat(assertInOrderByIndex())
        .allMatch(plan -> plan.toString().contains("queue_items_by_status"));
    assertThat(table.countByStatus(BIG)).containsEntry("pending", MANY - 10L);
    assertThat(new QueueClaims(database).waiting(NOW)).hasSize(TENANTS.size());
    assertByIndex();
    assertThat(new QueueClaims(database).claim(BIG, "node", NOW, NOW)).isPresent();
    assertInOrderByIndex();
  }

  @Test
  void usageIsListedAndSummedByAnIndex() {
    var table = new UsageTable(database);
    for (var agent : List.of(ANY_AGENT, Optional.of(BUSY), Optional.of(RARE))) {
      for (var session : List.of(Optional.<SessionId>empty(), Optional.of(session(0, 0)))) {
        for (var after : List.of(NOW, NOW.plusSeconds(MANY - 50))) {
          var filter =
              new UsageTable.Filter(BIG, session, agent, Optional.of(after), Optional.empty());
          table.list(filter, "hidden", PAGE);
          var listed = assertInOrderByIndex();
          table.totals(filter);
          var summed = assertByIndex();
          if (session.isPresent() && agent.isEmpty()) {
            assertThat(listed.toString()).contains("usage_events_by_session");
            assertThat(summed.toString()).doesNotContain("usage_events_by_tenant");
          }
        }
      }
    }
  }

  @Test
  void attachmentsAndEvalCasesAreListedByAnIndex() {
    assertThat(new AttachmentTable(database).list(BIG, session(0, 0))).hasSize(PAGE);
    assertThat(new AttachmentTable(database).find(BIG, "0-7-7")).isPresent();
    assertThat(new EvalCaseTable(database).list(BIG, RARE)).hasSize(MANY / 100);
    assertByIndex();
  }

  private static List<SessionId> page(SessionTable table, SessionTable.Filter filter, int offset) {
    return table.list(filter, OptionalInt.of(PAGE), offset).stream().map(SessionRow::id).toList();
  }

  /** What the index has in order is not sorted; equals of one moment may be. */
  private List<Plan> assertInOrderByIndex() {
    var plans = assertByIndex();
    assertThat(plans)
        .allSatisfy(
            plan ->
                assertThat(plan.steps())
                    .as(plan.toString())
                    .noneMatch(step -> step.equals("USE TEMP B-TREE FOR ORDER BY"))
                    .noneMatch(step -> step.matches("[ >-]*Sort  .*")));
    return plans;
  }

  private List<Plan> assertByIndex() {
    var plans = database.plans();
    assertThat(plans)
        .isNotEmpty()
        .allSatisfy(
            plan ->
                assertThat(plan.steps())
                    .as(plan.toString())
                    .noneMatch(step -> step.startsWith("SCAN "))
                    .noneMatch(step -> step.contains("Seq Scan")));
    return plans;
  }

  private static <T> List<T> forTenants(IntFunction<List<T>> rows) {
    return IntStream.range(0, TENANTS.size()).mapToObj(rows).flatMap(List::stream).toList();
  }

  /** One in a hundred is the rare agent's. */
  private static AgentName agent(int n) {
    return n % 100 == 0 ? RARE : BUSY;
  }

  private static SessionId session(int tenant, int n) {
    return SessionId.of(new UUID(tenant, n));
  }

  private static List<SessionRow> sessions(int tenant) {
    return IntStream.range(0, MANY)
        .mapToObj(
            n ->
                new SessionRow(
                    session(tenant, n),
                    TENANTS.get(tenant),
                    agent(n),
                    n % 500 == 0 ? "paused" : "active",
                    Optional.empty(),
                    "{}",
                    Optional.of("{}"),
                    NOW.plusSeconds(n),
                    NOW.plusSeconds(n),
                    1))
        .toList();
  }

  /** Half of it is of one session. */
  private static List<Counted> usage(int tenant) {
    var rows =
        IntStream.range(0, MANY)
            .mapToObj(
                n ->
                    new UsageRow(
                        session(tenant, n % 2 == 0 ? 0 : n),
                        n,
                        "turn",
                        TENANTS.get(tenant),
                        agent(n),
                        1,
                        NOW.plusSeconds(n)))
            .toList();
    var progress = new Progress(MANY, TENANTS.get(tenant), BUSY, Optional.empty(), 0);
    return List.of(new Counted(session(tenant, 0), rows, progress));
  }

  private static List<CaseRow> cases(int tenant) {
    return IntStream.range(0, MANY)
        .mapToObj(
            n ->
                new CaseRow(
                    tenant + "-" + n,
                    TENANTS.get(tenant),
                    agent(n),
                    n,
                    "{}",
                    Optional.empty(),
                    true,
                    NOW.plusSeconds(n),
                    NOW))
        .toList();
  }

  /** Straight into the table: the queue takes one item in a transaction, which is slow. */
  private static void fillQueue(Database database) {
    database.write(
        connection -> {
          try (var insert =
              connection.prepareStatement(
                  """
                  INSERT INTO queue_items (id, tenant, agent, prompt, session_given, status,
                    priority, retry_count, max_retries, created_at, retry_after_ms,
                    lease_until_ms, claims)
                  VALUES (?, ?, 'busy', '"x"', 0, ?, ?, 0, 3, ?, 0, 0, 0)""")) {
            for (var tenant : TENANTS) {
              for (var n = 0; n < MANY; n++) {
                insert.setString(1, tenant.value() + n);
                insert.setString(2, tenant.value());
                insert.setString(3, n % 1000 == 0 ? "cancelled" : "pending");
                insert.setInt(4, n % 3);
                insert.setString(5, SqlTime.text(NOW.plusSeconds(n)));
                insert.addBatch();
              }
            }
            return insert.executeBatch().length;
          }
        });
  }

  private static void fillAttachments(Database database) {
    var blob = Digest.of(new byte[0]);
    var table = new AttachmentTable(database);
    for (var tenant = 0; tenant < 2; tenant++) {
      for (var n = 0; n < 10; n++) {
        for (var i = 0; i < PAGE; i++) {
          var id = tenant + "-" + n + "-" + i;
          var at = NOW.plusSeconds(i);
          table.insert(
              new AttachmentRow(
                  id,
                  TENANTS.get(tenant),
                  session(tenant, n),
                  Optional.empty(),
                  "f",
                  "text/plain",
                  0,
                  blob,
                  at));
        }
      }
    }
  }
}
