package dev.ash.persistence.table;

import static dev.ash.persistence.TestDatabases.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.persistence.Database;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.TestDatabases;
import dev.ash.persistence.table.EvalCaseTable.CaseRow;
import dev.ash.persistence.table.EvalRunTable.ResultRow;
import dev.ash.persistence.table.EvalRunTable.RunRow;
import dev.ash.persistence.table.EvalWork.Claimed;
import dev.ash.persistence.table.EvalWork.Ending;
import dev.ash.persistence.table.EvalWork.Score;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.TenantId;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Dialect.class)
final class EvalTablesTest {
  private static final TenantId ACME = new TenantId("acme");
  private static final TenantId OTHER = new TenantId("other");
  private static final AgentName HELPER = new AgentName("helper");
  private static final AgentName SECOND = new AgentName("second");
  private static final Instant UNTIL = NOW.plusSeconds(15);

  private final Dialect dialect;
  @TempDir private Path folder = Path.of("");
  private Database database;
  private EvalCaseTable cases;
  private EvalRunTable runs;
  private EvalWork work;

  EvalTablesTest(Dialect dialect) {
    this.dialect = dialect;
  }

  @BeforeEach
  void open() {
    database = PooledDatabase.alone(TestDatabases.migrated(dialect, folder));
    cases = new EvalCaseTable(database);
    runs = new EvalRunTable(database);
    work = new EvalWork(database);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static CaseRow row(String id, int position) {
    return new CaseRow(
        id, ACME, HELPER, position, "{\"question\":\"q\"}", Optional.of("c"), true, NOW, NOW);
  }

  private static RunRow run(String id, int total) {
    return run(ACME, id, total, Optional.of("prompt"), "{\"tags\":[]}");
  }

  /** As a list has it. */
  private static RunRow listed(String id, int total) {
    return run(ACME, id, total, Optional.empty(), "{}");
  }

  private static RunRow run(
      TenantId tenant, String id, int total, Optional<String> prompt, String filters) {
    return new RunRow(
        id,
        tenant,
        HELPER,
        OptionalInt.of(3),
        prompt,
        filters,
        "pending",
        total,
        0,
        Optional.empty(),
        NOW,
        Optional.empty(),
        Optional.empty());
  }

  private static ResultRow result(TenantId tenant, String run, int position) {
    return new ResultRow(
        run + "-" + position,
        tenant,
        run,
        "case" + position,
        position,
        "{\"question\":\"q\"}",
        Optional.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalLong.empty(),
        "pending",
        Optional.empty(),
        OptionalInt.empty(),
        Optional.empty(),
        NOW,
        Optional.empty());
  }

  private void start(String id, int total) {
    start(ACME, id, total);
  }

  private void start(TenantId tenant, String id, int total) {
    runs.start(
        run(tenant, id, total, Optional.of("prompt"), "{\"tags\":[]}"),
        IntStream.range(0, total).mapToObj(i -> result(tenant, id, i)).toList());
  }

  private static Ending answered(double topic) {
    return new Ending(
        Optional.of("answer"),
        Optional.of(new Score(topic, 1)),
        OptionalLong.of(7),
        Optional.empty());
  }

  private List<String> claim(String owner, Instant now, int most) {
    return Stream.generate(() -> work.claim(ACME, owner, now, now.plusSeconds(15)))
        .limit(most)
        .takeWhile(Optional::isPresent)
        .map(claimed -> claimed.orElseThrow().result().id())
        .toList();
  }

  @Test
  void casesKeepTheirOrderAndTheirTenant() {
    cases.insert(List.of(row("b", 0), row("a", 1)));

    assertThat(cases.list(ACME, HELPER)).containsExactly(row("b", 0), row("a", 1));
    assertThat(cases.list(OTHER, HELPER)).isEmpty();
    assertThat(cases.find(ACME, SECOND, "a")).isEmpty();
    assertThat(cases.update(OTHER, HELPER, "a", row -> row)).isEmpty();
    assertThat(cases.delete(OTHER, HELPER, "a")).isFalse();
    var changed = new CaseRow("a", ACME, HELPER, 1, "{}", Optional.empty(), false, NOW, UNTIL);
    assertThat(cases.update(ACME, HELPER, "a", _ -> changed)).contains(changed);
    assertThat(cases.find(ACME, HELPER, "a")).contains(changed);
    assertThat(cases.delete(ACME, HELPER, "a")).isTrue();
  }

  @Test
  void nodesThatTakeTogetherNeverTakeTheSameCase() throws Exception {
    start("r", 12);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var takers =
          IntStream.range(0, 6)
              .mapToObj(i -> (Callable<List<String>>) () -> claim("node" + i, NOW, 3))
              .toList();
      var taken = new ArrayList<String>();
      for (var taker : threads.invokeAll(takers)) {
        taken.addAll(taker.get());
      }
      assertThat(taken).doesNotHaveDuplicates();
    }
    var rest = claim("last", NOW, 12);
    assertThat(claim("nobody", NOW, 12)).isEmpty();
    assertThat(rest).doesNotHaveDuplicates();
    assertThat(runs.find(ACME, HELPER, "r").orElseThrow().status()).isEqualTo("running");
  }

  @Test
  void aCaseIsFreeWhenItsLeaseHasPassed() {
    start("r", 1);
    assertThat(claim("dead", NOW, 5)).containsExactly("r-0");
    assertThat(claim("other", NOW.plusSeconds(14), 5)).isEmpty();
    work.renew("dead", List.of("r-0"), NOW.plusSeconds(20));
    work.renew("other", List.of("r-0"), NOW.plusSeconds(200));
    work.renew("dead", List.of(), NOW.plusSeconds(300));
    assertThat(claim("other", NOW.plusSeconds(16), 5)).isEmpty();

    var taken = work.claim(ACME, "other", NOW.plusSeconds(20), NOW.plusSeconds(35));

    assertThat(taken.map(Claimed::attempts)).contains(2);
    work.release("dead", "r-0", NOW);
    assertThat(claim("third", NOW.plusSeconds(21), 5)).isEmpty();
    work.release("other", "r-0", NOW.plusSeconds(30));
    assertThat(claim("third", NOW.plusSeconds(29), 5)).isEmpty();
    assertThat(claim("third", NOW.plusSeconds(30), 5)).containsExactly("r-0");
  }

  @Test
  void aCaseEndsOnceAndARunWithItsLastCase() {
    start("r", 2);
    claim("node", NOW, 2);
    work.finish("r-0", answered(0.5), UNTIL);
    work.finish("r-0", answered(1), UNTIL.plusSeconds(1));
    assertThat(work.finished()).isEmpty();
    work.finish(
        "r-1",
        new Ending(Optional.empty(), Optional.empty(), OptionalLong.empty(), Optional.of("broken")),
        UNTIL);

    var finished = work.finished();
    assertThat(finished).extracting(RunRow::completedCases).containsExactly(2);
    work.end(finished.getFirst(), "completed", "{\"passRate\":0.5}", UNTIL);
    work.end(finished.getFirst(), "failed", "{}", UNTIL);

    var run = runs.find(ACME, HELPER, "r").orElseThrow();
    assertThat(run.status()).isEqualTo("completed");
    assertThat(run.summaryJson()).contains("{\"passRate\":0.5}");
    assertThat(run.completedAt()).contains(UNTIL);
    assertThat(work.finished()).isEmpty();
    var results = runs.results(ACME, "r");
    assertThat(results.get(0).topicScore()).hasValue(0.5);
    assertThat(results.get(0).latencyMs()).hasValue(7);
    assertThat(results.get(1).error()).contains("broken");
    assertThat(results.get(1).status()).isEqualTo("error");
    assertThat(runs.countByStatus(ACME)).isEqualTo(Map.of("completed", 1L));
    assertThat(claim("node", UNTIL.plusSeconds(60), 5)).isEmpty();
  }

  @Test
  void aRunWithoutCasesIsOver() {
    start("r", 0);
    assertThat(work.finished()).containsExactly(listed("r", 0));
  }

  @Test
  void aListLeavesOutWhatNobodyShowsInIt() {
    start("r", 0);

    assertThat(runs.list(ACME, HELPER)).containsExactly(listed("r", 0));
    assertThat(runs.find(ACME, HELPER, "r")).contains(run("r", 0));
  }

  @Test
  void tellsWhoWaitsAndHowMuchOfEachIsAtWork() {
    start("r", 3);
    start(OTHER, "o", 1);
    assertThat(work.waiting(NOW)).isEqualTo(Map.of(ACME, 0, OTHER, 0));

    assertThat(claim("node", NOW, 2)).containsExactly("r-0", "r-1");
    assertThat(work.waiting(NOW)).isEqualTo(Map.of(ACME, 2, OTHER, 0));
    assertThat(work.claim(OTHER, "node", NOW, UNTIL).map(claimed -> claimed.run().id()))
        .contains("o");
    assertThat(work.claim(OTHER, "node", NOW, UNTIL)).isEmpty();
    assertThat(work.waiting(NOW)).isEqualTo(Map.of(ACME, 2));
    assertThat(work.waiting(UNTIL)).isEqualTo(Map.of(ACME, 0, OTHER, 0));
  }

  @Test
  void scoresAreMergedAndAnotherTenantCannotGiveThem() {
    start("r", 1);
    runs.score(ACME, List.of("r-0"), OptionalInt.of(4), Optional.empty());
    runs.score(ACME, List.of("r-0"), OptionalInt.empty(), Optional.of("n"));
    runs.score(OTHER, List.of("r-0"), OptionalInt.of(1), Optional.of("x"));

    var row = runs.result(ACME, HELPER, "r-0").orElseThrow();
    assertThat(row.humanScore()).hasValue(4);
    assertThat(row.humanNotes()).contains("n");
    assertThat(runs.result(ACME, SECOND, "r-0")).isEmpty();
    assertThat(runs.result(OTHER, HELPER, "r-0")).isEmpty();
    assertThat(runs.find(OTHER, HELPER, "r")).isEmpty();
    assertThat(runs.results(OTHER, "r")).isEmpty();
  }
}
