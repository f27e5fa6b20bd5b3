package dev.ash.persistence.table;

import static dev.ash.persistence.TestDatabases.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ash.persistence.Database;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.TestDatabases;
import dev.ash.persistence.table.Budget.Owner;
import dev.ash.persistence.table.Budget.Scope;
import dev.ash.persistence.table.Budget.Window;
import dev.ash.persistence.table.ModelCall.Amount;
import dev.ash.persistence.table.ModelCall.Party;
import dev.ash.persistence.table.ModelCall.RequestIds;
import dev.ash.persistence.table.ModelCall.State;
import dev.ash.persistence.table.ModelCall.Usage;
import dev.ash.persistence.table.ModelLedger.Admission;
import dev.ash.persistence.table.ModelLedger.Ending;
import dev.ash.persistence.table.ModelLedger.Opening;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Dialect.class)
final class ModelLedgerTest {
  private static final TenantId ACME = new TenantId("acme");
  private static final SessionId ONE = SessionId.of(new UUID(0, 1));
  private static final Party PARTY = new Party(ACME, "red", new AgentName("helper"), ONE, 3);
  private static final RequestIds IDS = new RequestIds("req_1", "of-the-gateway");
  private static final Usage USAGE = new Usage(100, 20, 3, 4);
  private static final Amount NONE = new Amount(0, 0);
  private static final String NODE = "node-1";

  private final Dialect dialect;
  @TempDir private Path folder = Path.of("");
  private Database database;
  private ModelLedger ledger;
  private ModelSpending spending;
  private BudgetTable budgets;

  ModelLedgerTest(Dialect dialect) {
    this.dialect = dialect;
  }

  @BeforeEach
  void open() {
    database = PooledDatabase.alone(TestDatabases.migrated(dialect, folder));
    ledger = new ModelLedger(database);
    spending = new ModelSpending(database);
    budgets = new BudgetTable(database);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aCallIsCountedOnceHoweverOftenItIsSettled() {
    assertThat(ledger.open(opening("a", PARTY, 500), List.of(), NOW))
        .isEqualTo(new Admission.Admitted());
    assertThat(spent(Scope.SESSION, Window.TOTAL, NOW)).isEqualTo(NONE);

    assertThat(ledger.settle("a", done(USAGE, 777), NOW.plusSeconds(1))).isTrue();
    assertThat(ledger.settle("a", done(new Usage(9, 9, 9, 9), 9), NOW)).isFalse();
    ledger.note("a", new Usage(8, 8, 8, 8), 8);

    for (var scope : Scope.values()) {
      for (var window : List.of(Window.DAY, Window.MONTH, Window.TOTAL)) {
        assertThat(spent(scope, window, NOW)).isEqualTo(new Amount(127, 777));
      }
    }
    assertThat(spent(Scope.SESSION, Window.TURN, NOW)).isEqualTo(new Amount(127, 777));
    assertThat(spending.calls(ACME, ONE, 10))
        .containsExactly(
            new ModelCall(
                "a",
                PARTY,
                "claude-x",
                "main",
                State.DONE,
                200,
                USAGE,
                777,
                IDS,
                NOW,
                Optional.of(NOW.plusSeconds(1))));
  }

  @Test
  void aBudgetThatIsUsedUpRefusesAndAHigherOneAdmitsAgain() {
    var limit = budget(Owner.TENANT, Scope.SESSION, Window.TOTAL, 127);
    ledger.open(opening("a", PARTY, 1), List.of(limit), NOW);
    ledger.settle("a", done(USAGE, 1), NOW);

    assertThat(ledger.open(opening("b", PARTY, 1), List.of(limit), NOW))
        .isEqualTo(new Admission.Reached(limit, new Amount(127, 1)));
    assertThat(spending.calls(ACME, ONE, 10)).hasSize(1);

    var raised = budget(Owner.TENANT, Scope.SESSION, Window.TOTAL, 128);
    assertThat(ledger.open(opening("b", PARTY, 1), List.of(raised), NOW))
        .isEqualTo(new Admission.Admitted());
  }

  @Test
  void whatIsUnderWayIsReservedAndGivenBack() {
    var limit = budget(Owner.OPERATOR, Scope.TENANT, Window.DAY, 1000);
    ledger.open(opening("a", PARTY, 1000), List.of(limit), NOW);

    assertThat(ledger.open(opening("b", PARTY, 10), List.of(limit), NOW))
        .isEqualTo(new Admission.Held(limit, NONE));
    ledger.settle("a", done(USAGE, 1), NOW);
    assertThat(ledger.open(opening("b", PARTY, 10), List.of(limit), NOW))
        .isEqualTo(new Admission.Admitted());
  }

  @Test
  void manyAtOnceNeverPassABudgetTogether() throws Exception {
    var limit = budget(Owner.OPERATOR, Scope.AGENT, Window.MONTH, 1000);
    var calls = new ArrayList<Callable<Admission>>();
    for (var i = 0; i < 40; i++) {
      var id = "call-" + i;
      var party = new Party(ACME, "", PARTY.agent(), SessionId.of(new UUID(7, i)), 1);
      calls.add(() -> ledger.open(opening(id, party, 100), List.of(limit), NOW));
    }
    try (var threads = Executors.newFixedThreadPool(8)) {
      var admitted = 0;
      for (var outcome : threads.invokeAll(calls)) {
        admitted += outcome.get() instanceof Admission.Admitted ? 1 : 0;
      }
      assertThat(admitted).isEqualTo(10);
    }
  }

  @Test
  void aNewPeriodAndANewTurnBeginAtNothing() {
    var day = budget(Owner.TENANT, Scope.AGENT, Window.DAY, 100);
    var turn = budget(Owner.TENANT, Scope.TENANT, Window.TURN, 100);
    ledger.open(opening("a", PARTY, 1), List.of(), NOW);
    ledger.settle("a", done(USAGE, 1), NOW.plus(Duration.ofDays(1)));

    assertThat(ledger.open(opening("b", PARTY, 1), List.of(day), NOW))
        .isInstanceOf(Admission.Reached.class);
    assertThat(ledger.open(opening("c", PARTY, 1), List.of(turn), NOW))
        .isInstanceOf(Admission.Reached.class);
    assertThat(ledger.open(opening("d", PARTY, 1), List.of(day), NOW.plus(Duration.ofDays(1))))
        .isEqualTo(new Admission.Admitted());
    var next = new Party(ACME, "red", PARTY.agent(), ONE, 4);
    assertThat(ledger.open(opening("e", next, 1), List.of(turn), NOW))
        .isEqualTo(new Admission.Admitted());
  }

  @Test
  void aStoredBudgetOfTheSameOwnerReplacesAConfiguredOneAndBothOwnersCount() {
    var configured = budget(Owner.OPERATOR, Scope.SESSION, Window.TOTAL, 0);
    assertThat(ledger.open(opening("a", PARTY, 1), List.of(configured), NOW))
        .isInstanceOf(Admission.Reached.class);

    var own = budget(Owner.TENANT, Scope.SESSION, Window.TOTAL, 1_000_000);
    budgets.setBudget(ACME, own, NOW, new IfMatch.Any());
    assertThat(ledger.open(opening("a", PARTY, 1), List.of(configured), NOW))
        .isEqualTo(new Admission.Reached(configured, NONE));

    budgets.setBudget(
        ACME, budget(Owner.OPERATOR, Scope.SESSION, Window.TOTAL, 5), NOW, new IfMatch.Any());
    assertThat(ledger.open(opening("a", PARTY, 1), List.of(configured), NOW))
        .isEqualTo(new Admission.Admitted());
    assertThat(budgets.budgets(ACME)).hasSize(2);

    assertThat(budgets.removeBudget(ACME, own, new IfMatch.Any())).isTrue();
    assertThat(budgets.removeBudget(ACME, own, new IfMatch.Any())).isFalse();
  }

  @Test
  void theBudgetOfOneSessionComesBeforeThatOfEverySession() {
    var every = budget(Owner.TENANT, Scope.SESSION, Window.TOTAL, 0);
    var this1 =
        new Budget(
            Owner.TENANT,
            Scope.SESSION,
            ONE.value(),
            Window.TOTAL,
            OptionalLong.of(10),
            OptionalLong.empty());

    assertThat(Budget.applying(List.of(this1, every), PARTY)).containsExactly(this1);
    assertThat(
            Budget.applying(
                List.of(this1, every),
                new Party(ACME, "", PARTY.agent(), SessionId.of(new UUID(9, 9)), 1)))
        .containsExactly(every);
  }

  @Test
  void theCallsOfADeadNodeAreEndedWithWhatWasKnown() {
    var limit = budget(Owner.OPERATOR, Scope.TENANT, Window.TOTAL, 1000);
    ledger.open(opening("a", PARTY, 1000), List.of(), NOW);
    ledger.note("a", new Usage(50, 1, 0, 0), 11);
    var later = NOW.plusSeconds(60);
    ledger.seen("node-2", later);

    assertThat(ledger.endLost(NOW, "node-2", Set.of(), later)).isZero();
    assertThat(ledger.endLost(NOW.plusSeconds(30), "node-2", Set.of(), later)).isEqualTo(1);

    assertThat(spending.calls(ACME, ONE, 1).getFirst().state()).isEqualTo(State.LOST);
    assertThat(spent(Scope.TENANT, Window.TOTAL, later)).isEqualTo(new Amount(51, 11));
    assertThat(ledger.open(opening("b", PARTY, 1), List.of(limit), later))
        .isEqualTo(new Admission.Admitted());
  }

  @Test
  void aNodeThatOnlySeemedDeadCorrectsWhatItsCallsCost() {
    ledger.open(opening("a", PARTY, 1000), List.of(), NOW);
    ledger.note("a", new Usage(50, 1, 0, 0), 11);
    var later = NOW.plusSeconds(60);
    assertThat(ledger.endLost(later, "node-2", Set.of(), later)).isEqualTo(1);

    assertThat(ledger.settle("a", done(new Usage(50, 700, 0, 3), 90), later)).isTrue();
    assertThat(ledger.settle("a", done(new Usage(50, 900, 0, 3), 99), later)).isFalse();

    var call = spending.calls(ACME, ONE, 1).getFirst();
    assertThat(call.state()).isEqualTo(State.DONE);
    assertThat(call.usage()).isEqualTo(new Usage(50, 700, 0, 3));
    assertThat(call.nanos()).isEqualTo(90);
    assertThat(spent(Scope.TENANT, Window.TOTAL, later)).isEqualTo(new Amount(753, 90));
    assertThat(
            ledger.open(
                opening("b", PARTY, 1),
                List.of(budget(Owner.OPERATOR, Scope.TENANT, Window.TOTAL, 755)),
                later))
        .isEqualTo(new Admission.Admitted());
  }

  @Test
  void aNodeEndsThoseOfItsOwnThatItDoesNotKnow() {
    ledger.open(opening("a", PARTY, 1), List.of(), NOW);
    ledger.open(opening("b", PARTY, 1), List.of(), NOW);

    assertThat(ledger.endLost(NOW.minusSeconds(1), NODE, Set.of("b"), NOW)).isEqualTo(1);
    assertThat(ledger.settle("b", done(USAGE, 1), NOW)).isTrue();
  }

  @Test
  void totalsAreMadeByWhatIsAskedForAndOfOneTenantOnly() {
    var other = new Party(new TenantId("other"), "red", PARTY.agent(), ONE, 3);
    var blue = new Party(ACME, "blue", PARTY.agent(), ONE, 3);
    settled("a", PARTY, State.DONE);
    settled("b", PARTY, State.CUT);
    settled("c", blue, State.DONE);
    settled("d", other, State.DONE);
    var filter =
        new ModelSpending.Filter(NOW, NOW.plusSeconds(1), Optional.of(ONE), Optional.empty());

    assertThat(spending.totals(ACME, filter, List.of(ModelSpending.Column.TEAM)))
        .containsExactly(
            new ModelSpending.Total(List.of("red"), 2, new Usage(200, 40, 6, 8), 20, 1),
            new ModelSpending.Total(List.of("blue"), 1, USAGE, 10, 0));
    assertThat(spending.totals(ACME, filter, List.of()).getFirst().calls()).isEqualTo(3);
    for (var column : ModelSpending.Column.values()) {
      assertThat(spending.totals(ACME, filter, List.of(column))).isNotEmpty();
    }
  }

  private Amount spent(Scope scope, Window window, Instant now) {
    return spending.spent(ACME, scope, PARTY.subject(scope), window.period(now, PARTY.turn()));
  }

  private void settled(String id, Party party, State state) {
    ledger.open(opening(id, party, 1), List.of(), NOW);
    ledger.settle(id, new Ending(state, 200, "main", IDS, USAGE, 10), NOW);
  }

  private static Opening opening(String id, Party party, long tokens) {
    return new Opening(id, party, "claude-x", "main", NODE, new Amount(tokens, 0));
  }

  private static Ending done(Usage usage, long nanos) {
    return new Ending(State.DONE, 200, "main", IDS, usage, nanos);
  }

  private static Budget budget(Owner owner, Scope scope, Window window, long tokens) {
    return new Budget(owner, scope, "", window, OptionalLong.of(tokens), OptionalLong.empty());
  }
}
