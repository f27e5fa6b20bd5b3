package dev.ash.persistence.table;

import static dev.ash.persistence.TestDatabases.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.persistence.Database;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.TestDatabases;
import dev.ash.persistence.table.UsageTable.Counted;
import dev.ash.persistence.table.UsageTable.Filter;
import dev.ash.persistence.table.UsageTable.Progress;
import dev.ash.persistence.table.UsageTable.UsageRow;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Dialect.class)
final class UsageTableTest {
  private static final TenantId ACME = new TenantId("acme");
  private static final TenantId OTHER = new TenantId("other");
  private static final AgentName HELPER = new AgentName("helper");
  private static final AgentName SECOND = new AgentName("second");
  private static final SessionId ONE = SessionId.of(new UUID(0x4000, 1));
  private static final SessionId TWO = SessionId.of(new UUID(0x4000, 2));
  private static final Filter ALL =
      new Filter(ACME, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  private final Dialect dialect;
  @TempDir private Path folder = Path.of("");
  private Database database;
  private UsageTable table;

  UsageTableTest(Dialect dialect) {
    this.dialect = dialect;
  }

  @BeforeEach
  void open() {
    database = PooledDatabase.alone(TestDatabases.migrated(dialect, folder));
    table = new UsageTable(database);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static UsageRow row(SessionId session, long sequence, String kind, double value) {
    return new UsageRow(session, sequence, kind, ACME, HELPER, value, NOW.plusSeconds(sequence));
  }

  private static Progress progress(long sequence, Optional<Instant> turnStart, double cost) {
    return new Progress(sequence, ACME, HELPER, turnStart, cost);
  }

  private static Counted counted(UsageRow... rows) {
    var last = rows[rows.length - 1];
    return new Counted(
        last.session(),
        List.of(rows),
        new Progress(last.sequence(), last.tenant(), last.agent(), Optional.empty(), 0));
  }

  @Test
  void whatIsCountedTwiceIsStoredOnce() {
    var first = counted(row(ONE, 3, "message", 1), row(ONE, 3, "tool_call", 2));
    table.store(List.of(first));
    table.store(List.of(first, counted(row(ONE, 3, "message", 9), row(ONE, 4, "message", 1))));

    assertThat(table.totals(ALL)).isEqualTo(Map.of("message", 2.0, "tool_call", 2.0));
  }

  @Test
  void progressNeverGoesBack() {
    assertThat(table.progress(ONE)).isEmpty();
    var newest = progress(7, Optional.of(NOW), 0.5);
    table.store(List.of(new Counted(ONE, List.of(), newest)));
    table.store(List.of(new Counted(ONE, List.of(), progress(6, Optional.empty(), 0.1))));

    assertThat(table.progress(ONE)).contains(newest);
  }

  @Test
  void listsTheNewestFirstWithoutWhatIsHidden() {
    table.store(
        List.of(
            counted(row(ONE, 1, "message", 1), row(ONE, 4, "cost_usd", 0.25)),
            counted(row(TWO, 2, "message", 1), row(TWO, 3, "compute_seconds", 1.5))));

    assertThat(table.list(ALL, "cost_usd", 10))
        .containsExactly(
            row(TWO, 3, "compute_seconds", 1.5),
            row(TWO, 2, "message", 1),
            row(ONE, 1, "message", 1));
    assertThat(table.list(ALL, "cost_usd", 1)).hasSize(1);
    assertThat(table.totals(ALL)).containsEntry("cost_usd", 0.25);
  }

  @Test
  void everyFilterNarrows() {
    var others = new UsageRow(TWO, 9, "message", ACME, SECOND, 1, NOW.plusSeconds(9));
    var foreign =
        new UsageRow(
            SessionId.of(new UUID(0x4000, 3)), 1, "message", OTHER, HELPER, 1, NOW.plusSeconds(1));
    table.store(
        List.of(
            counted(row(ONE, 1, "message", 1), row(ONE, 2, "message", 1)),
            counted(others),
            counted(foreign)));

    assertThat(list(Optional.of(ONE), Optional.empty(), Optional.empty(), Optional.empty()))
        .containsExactly(2L, 1L);
    assertThat(list(Optional.empty(), Optional.of(SECOND), Optional.empty(), Optional.empty()))
        .containsExactly(9L);
    assertThat(list(Optional.empty(), Optional.empty(), at(2), at(9))).containsExactly(9L, 2L);
    assertThat(list(Optional.empty(), Optional.empty(), at(3), at(8))).isEmpty();
    assertThat(
            table.list(
                new Filter(
                    OTHER, Optional.of(ONE), Optional.empty(), Optional.empty(), Optional.empty()),
                "",
                10))
        .isEmpty();
  }

  private static Optional<Instant> at(long second) {
    return Optional.of(NOW.plusSeconds(second));
  }

  private List<Long> list(
      Optional<SessionId> session,
      Optional<AgentName> agent,
      Optional<Instant> after,
      Optional<Instant> before) {
    return table.list(new Filter(ACME, session, agent, after, before), "", 10).stream()
        .map(UsageRow::sequence)
        .toList();
  }
}
