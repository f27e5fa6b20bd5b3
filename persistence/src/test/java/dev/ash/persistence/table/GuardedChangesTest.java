package dev.ash.persistence.table;

import static dev.ash.persistence.TestDatabases.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.ash.persistence.Database;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.TestDatabases;
import dev.ash.persistence.table.AgentTable.Deployed;
import dev.ash.persistence.table.AgentTable.Deployment;
import dev.ash.persistence.table.Budget.Owner;
import dev.ash.persistence.table.Budget.Scope;
import dev.ash.persistence.table.Budget.Window;
import dev.ash.persistence.table.VersionTable.Which;
import dev.ash.protocol.http.EntityTag;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.http.Mismatch;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.TenantId;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Of changes that are meant for the same state one is made, whatever the database. */
@ParameterizedClass
@EnumSource(Dialect.class)
final class GuardedChangesTest {
  private static final TenantId ACME = new TenantId("acme");
  private static final AgentName HELPER = new AgentName("helper");
  private static final IfMatch ANY = new IfMatch.Any();
  private static final IfMatch ABSENT = new IfMatch.Absent();
  private static final int WRITERS = 8;
  private static final int ROUNDS = 5;

  private final Dialect dialect;
  @TempDir private Path folder = Path.of("");
  private Database database;
  private AgentTable agents;
  private VersionTable versions;
  private BudgetTable budgets;

  GuardedChangesTest(Dialect dialect) {
    this.dialect = dialect;
  }

  @BeforeEach
  void open() {
    database = PooledDatabase.alone(TestDatabases.migrated(dialect, folder));
    agents = new AgentTable(database);
    versions = new VersionTable(database);
    budgets = new BudgetTable(database);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void ofDeploymentsThatWantToMakeAnAgentOneDoes() throws Exception {
    for (var round = 0; round < ROUNDS; round++) {
      var losers = race(n -> agents.deploy(deployment("f" + n).wanted(ABSENT)));

      var made = agents.find(ACME, HELPER).orElseThrow();
      assertThat(made.version()).isEqualTo(1);
      assertThat(losers).hasSize(WRITERS - 1).containsOnly(new Mismatch.Exists(made.tag()));
      agents.delete(ACME, HELPER);
    }
  }

  @Test
  void ofDeploymentsOverOneStateOneIsMade() throws Exception {
    var seen = agents.deploy(deployment("first")).tag();

    var losers = race(n -> agents.deploy(deployment("f" + n).wanted(only(seen))));

    var now = agents.find(ACME, HELPER).orElseThrow();
    assertThat(now.version()).isEqualTo(2);
    assertThat(losers).hasSize(WRITERS - 1).containsOnly(new Mismatch.Changed(now.tag()));
  }

  @Test
  void whatIsNotThereMatchesNoTag() {
    for (var guard : List.of(only(EntityTag.strong("x")), new IfMatch.Present())) {
      assertThat(stale(() -> agents.deploy(deployment("a").wanted(guard))))
          .isEqualTo(new Mismatch.Missing());
      assertThat(stale(() -> budgets.setBudget(ACME, budget(1), NOW, guard)))
          .isEqualTo(new Mismatch.Missing());
    }
    assertThat(agents.find(ACME, HELPER)).isEmpty();
    assertThat(budgets.budgets(ACME)).isEmpty();
  }

  @Test
  void aKeyOutlivesAGuardAndItsAnswerHasATagThatNothingHas() {
    var once = deployment("a").wanted(ABSENT);
    var first = agents.deployOnce(once, "key", "x");
    agents.update(ACME, HELPER, NOW, row -> row.withConfig("{\"a\":1}"));

    var again = agents.deployOnce(once, "key", "x");

    assertThat(first).isInstanceOf(Deployed.Now.class);
    var then = ((Deployed.Now) first).row().tag();
    assertThat(again)
        .isInstanceOfSatisfying(
            Deployed.Before.class,
            before ->
                assertThat(before.row().tag())
                    .isNotEqualTo(then)
                    .isNotEqualTo(agents.find(ACME, HELPER).orElseThrow().tag()));
    assertThat(stale(() -> agents.deployOnce(once, "other key", "x")))
        .isInstanceOf(Mismatch.Exists.class);
    assertThat(agents.deployedBefore(ACME, HELPER, "other key", "x")).isEmpty();
  }

  @Test
  void ofChangesOfOneVersionOneIsMade() throws Exception {
    agents.deploy(deployment("first"));
    var seen = versions.add(version(), row -> row).orElseThrow().tag();

    var losers =
        race(
            n ->
                versions.update(
                    ACME,
                    HELPER,
                    new Which.Numbered(1),
                    NOW,
                    only(seen),
                    row ->
                        row.with("n" + n, Optional.empty(), Optional.empty(), Optional.empty())));

    var now = versions.find(ACME, HELPER, new Which.Numbered(1)).orElseThrow();
    assertThat(now.revision()).isEqualTo(2);
    assertThat(losers).hasSize(WRITERS - 1).containsOnly(new Mismatch.Changed(now.tag()));
  }

  @Test
  void everyChangeOfAVersionGivesItAnotherTag() {
    agents.deploy(deployment("first"));
    var one = new Which.Numbered(1);
    var tags = new ArrayList<EntityTag>();
    tags.add(versions.add(version(), row -> row).orElseThrow().tag());
    versions.add(version(), row -> row);
    tags.add(versions.update(ACME, HELPER, one, NOW, ANY, row -> row).orElseThrow().tag());
    tags.add(versions.activate(ACME, HELPER, one, NOW, only(tags.getLast())).orElseThrow().tag());
    versions.activate(ACME, HELPER, new Which.Numbered(2), NOW, ANY);
    tags.add(versions.find(ACME, HELPER, one).orElseThrow().tag());

    assertThat(tags).doesNotHaveDuplicates();
    var late = only(tags.get(2));
    var changed = new Mismatch.Changed(tags.getLast());
    assertThat(stale(() -> versions.activate(ACME, HELPER, one, NOW, late))).isEqualTo(changed);
    assertThat(stale(() -> versions.delete(ACME, HELPER, one, late))).isEqualTo(changed);
    assertThat(versions.delete(ACME, HELPER, one, only(tags.getLast()))).isPresent();
  }

  @Test
  void ofBudgetsThatAreSetOverOneStateOneIs() throws Exception {
    for (var round = 0; round < ROUNDS; round++) {
      var losers = race(n -> budgets.setBudget(ACME, budget(10 + n), NOW, ABSENT));
      var made = budgets.budgets(ACME).getFirst().tag();
      assertThat(losers).hasSize(WRITERS - 1).containsOnly(new Mismatch.Exists(made));

      losers = race(n -> budgets.setBudget(ACME, budget(100 + n), NOW, only(made)));
      var set = budgets.budgets(ACME).getFirst().tag();
      assertThat(set).isNotEqualTo(made);
      assertThat(losers).hasSize(WRITERS - 1).containsOnly(new Mismatch.Changed(set));

      assertThat(stale(() -> budgets.removeBudget(ACME, budget(0), only(made))))
          .isEqualTo(new Mismatch.Changed(set));
      assertThat(budgets.removeBudget(ACME, budget(0), only(set))).isTrue();
      assertThat(budgets.removeBudget(ACME, budget(0), only(set))).isFalse();
    }
  }

  /** Begins all writers at once; why those were refused that were. */
  private static List<Mismatch> race(IntConsumer change) throws Exception {
    var together = new CyclicBarrier(WRITERS);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var writers =
          IntStream.range(0, WRITERS)
              .mapToObj(
                  n ->
                      (Callable<Boolean>)
                          () -> {
                            together.await();
                            change.accept(n);
                            return true;
                          })
              .toList();
      var losers = new ArrayList<Mismatch>();
      for (var done : threads.invokeAll(writers)) {
        try {
          done.get();
        } catch (ExecutionException e) {
          if (!(e.getCause() instanceof StaleException stale)) {
            throw e;
          }
          losers.add(stale.why());
        }
      }
      return losers;
    }
  }

  private static Mismatch stale(org.assertj.core.api.ThrowableAssert.ThrowingCallable change) {
    return catchThrowableOfType(StaleException.class, change).why();
  }

  private static IfMatch only(EntityTag tag) {
    return new IfMatch.OneOf(List.of(tag));
  }

  private static Deployment deployment(String folder) {
    return new Deployment(
        ACME,
        HELPER,
        "id-" + folder,
        "/p",
        Optional.empty(),
        Digest.of(folder.getBytes(StandardCharsets.UTF_8)),
        NOW);
  }

  private static VersionRow version() {
    return new VersionRow(
        ACME,
        HELPER,
        0,
        java.util.UUID.randomUUID().toString(),
        "name",
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false,
        NOW,
        NOW,
        1);
  }

  private static Budget budget(long tokens) {
    return new Budget(
        Owner.TENANT, Scope.TENANT, "", Window.DAY, OptionalLong.of(tokens), OptionalLong.empty());
  }
}
