package dev.ash.persistence.table;

import static dev.ash.persistence.TestDatabases.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.persistence.Database;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.TestDatabases;
import dev.ash.persistence.table.VersionTable.Which;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.TenantId;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Dialect.class)
final class VersionTableTest {
  private static final TenantId ACME = new TenantId("acme");
  private static final TenantId OTHER = new TenantId("other");
  private static final AgentName HELPER = new AgentName("helper");

  private static final IfMatch ANY = new IfMatch.Any();

  private final Dialect dialect;
  @TempDir private Path folder = Path.of("");
  private Database database;
  private VersionTable table;

  VersionTableTest(Dialect dialect) {
    this.dialect = dialect;
  }

  @BeforeEach
  void open() {
    database = PooledDatabase.alone(TestDatabases.migrated(dialect, folder));
    table = new VersionTable(database);
    new AgentTable(database)
        .deploy(
            new AgentTable.Deployment(
                ACME, HELPER, "id", "/p", Optional.empty(), Digest.of(new byte[] {1}), NOW));
  }

  @AfterEach
  void close() {
    database.close();
  }

  private VersionRow add(String prompt) {
    return table.add(row(ACME, prompt), row -> row).orElseThrow();
  }

  private static VersionRow row(TenantId tenant, String prompt) {
    return new VersionRow(
        tenant,
        HELPER,
        0,
        UUID.randomUUID().toString(),
        "name",
        Optional.of(prompt),
        Optional.empty(),
        Optional.of("[\"a\"]"),
        false,
        NOW,
        NOW,
        1);
  }

  @Test
  void versionsThatAreAddedTogetherHaveNumbersOfTheirOwn() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var adds =
          IntStream.range(0, 8).mapToObj(i -> (Callable<VersionRow>) () -> add("p" + i)).toList();
      for (var done : threads.invokeAll(adds)) {
        assertThat(done.get().number()).isBetween(1, 8);
      }
    }
    assertThat(table.list(ACME, HELPER).orElseThrow().stream().map(VersionRow::number))
        .containsExactly(8, 7, 6, 5, 4, 3, 2, 1);
  }

  @Test
  void atMostOneIsActive() {
    add("one");
    var two = add("two");
    var later = NOW.plusSeconds(5);
    table.activate(ACME, HELPER, new Which.Numbered(1), later, ANY);

    var active = table.activate(ACME, HELPER, new Which.Id(two.id()), later, ANY).orElseThrow();

    assertThat(active.active()).isTrue();
    assertThat(active.updatedAt()).isEqualTo(later);
    assertThat(table.active(ACME, HELPER)).contains(active);
    assertThat(table.find(ACME, HELPER, new Which.Numbered(1)).orElseThrow().active()).isFalse();
    assertThat(table.activate(ACME, HELPER, new Which.Numbered(9), later, ANY)).isEmpty();
    assertThat(table.active(ACME, HELPER)).contains(active);
  }

  @Test
  void aVersionIsReadBackChangedAndDeleted() {
    var one = add("one");
    assertThat(table.find(ACME, HELPER, new Which.Id(one.id()))).contains(one);

    var changed =
        table
            .update(
                ACME,
                HELPER,
                new Which.Numbered(1),
                NOW.plusSeconds(1),
                ANY,
                row -> row.with("n", Optional.empty(), Optional.of("notes"), Optional.empty()))
            .orElseThrow();

    assertThat(changed.systemPrompt()).isEmpty();
    assertThat(changed.releaseNotes()).contains("notes");
    assertThat(changed.createdAt()).isEqualTo(NOW);
    assertThat(table.delete(ACME, HELPER, new Which.Numbered(1), ANY)).isPresent();
    assertThat(table.delete(ACME, HELPER, new Which.Numbered(1), ANY)).isEmpty();
  }

  @Test
  void nothingIsSharedWithAnotherTenant() {
    var one = add("one");
    assertThat(table.add(row(OTHER, "x"), row -> row)).isEmpty();
    assertThat(table.list(OTHER, HELPER)).isEmpty();
    assertThat(table.find(OTHER, HELPER, new Which.Id(one.id()))).isEmpty();
    assertThat(table.activate(OTHER, HELPER, new Which.Id(one.id()), NOW, ANY)).isEmpty();
    assertThat(table.delete(OTHER, HELPER, new Which.Id(one.id()), ANY)).isEmpty();
  }

  @Test
  void versionsGoWithTheirAgent() {
    add("one");
    new AgentTable(database).delete(ACME, HELPER);

    assertThat(table.list(ACME, HELPER)).isEmpty();
    assertThat(table.find(ACME, HELPER, new Which.Numbered(1))).isEmpty();
  }
}
