package dev.ash.persistence.table;

import dev.ash.persistence.Database;
import dev.ash.persistence.table.Budget.Scope;
import dev.ash.persistence.table.Budget.Window;
import dev.ash.persistence.table.ModelCall.Amount;
import dev.ash.persistence.table.ModelCall.Party;
import dev.ash.persistence.table.ModelCall.RequestIds;
import dev.ash.persistence.table.ModelCall.State;
import dev.ash.persistence.table.ModelCall.Usage;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The record of model calls. A call is opened before it is made, in one transaction with the check
 * of its budgets and a reservation, and settled once, whoever tries: by its node, or by another one
 * after that has died. The sums change with the calls, on every node that shares the database.
 */
public final class ModelLedger {
  /** The sums a call is part of, in the order in which their rows are locked. */
  private static final List<Sum> SUMS =
      List.of(
          new Sum(Scope.SESSION, Window.TURN),
          new Sum(Scope.SESSION, Window.DAY),
          new Sum(Scope.SESSION, Window.MONTH),
          new Sum(Scope.SESSION, Window.TOTAL),
          new Sum(Scope.AGENT, Window.DAY),
          new Sum(Scope.AGENT, Window.MONTH),
          new Sum(Scope.AGENT, Window.TOTAL),
          new Sum(Scope.TENANT, Window.DAY),
          new Sum(Scope.TENANT, Window.MONTH),
          new Sum(Scope.TENANT, Window.TOTAL));

  private static final String ADD =
      """
      INSERT INTO model_spend
        (tenant, scope, subject, period, calls, tokens, nanos, reserved_tokens, reserved_nanos)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (tenant, scope, subject, period) DO UPDATE SET
        calls = model_spend.calls + excluded.calls,
        tokens = model_spend.tokens + excluded.tokens,
        nanos = model_spend.nanos + excluded.nanos,
        reserved_tokens = model_spend.reserved_tokens + excluded.reserved_tokens,
        reserved_nanos = model_spend.reserved_nanos + excluded.reserved_nanos
      RETURNING tokens, nanos, reserved_tokens, reserved_nanos""";

  private static final String OPEN =
      """
      INSERT INTO model_calls
        (id, tenant, team, agent, session_id, turn, model, upstream, node, state, status,
         input_tokens, output_tokens, cache_write_tokens, cache_read_tokens, cost_nanos,
         reserved_tokens, reserved_nanos, started_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'OPEN', 0, 0, 0, 0, 0, 0, ?, ?, ?)""";

  private static final String CORRECT =
      """
      UPDATE model_calls SET input_tokens = ?, output_tokens = ?, cache_write_tokens = ?,
        cache_read_tokens = ?, cost_nanos = ?
      WHERE id = ?""";

  private static final String NOTE = CORRECT + " AND state = 'OPEN'";

  private static final String END =
      """
      UPDATE model_calls SET state = ?, status = ?, upstream = ?, request_id = ?,
        gateway_request_id = ?, ended_at = ?
      WHERE id = ? AND state = '%s'
      """;

  /** What the sums of an ended call are changed by. */
  private static final String MOVED =
      """
      RETURNING tenant, team, agent, session_id, turn, started_at, reserved_tokens, reserved_nanos,
        input_tokens + output_tokens + cache_write_tokens + cache_read_tokens, cost_nanos""";

  private static final String CLOSE = END.formatted("OPEN") + MOVED;

  /** The sums have what was noted of a call that was given up as lost. */
  private static final String FIND = END.formatted("LOST") + MOVED;

  private static final String LOSE =
      """
      UPDATE model_calls SET state = 'LOST', ended_at = ?
      WHERE id = ? AND state = 'OPEN'
      """
          + MOVED;

  private static final String SEEN =
      """
      INSERT INTO model_nodes (node, seen_at) VALUES (?, ?)
      ON CONFLICT (node) DO UPDATE SET seen_at = excluded.seen_at""";

  private final Database database;

  private record Sum(Scope scope, Window window) {}

  /** A sum's row after a change. */
  private record Spent(Amount spent, Amount reserved) {}

  /** Whether a call may be made. */
  public sealed interface Admission {
    record Admitted() implements Admission {}

    /** The budget is used up. */
    record Reached(Budget budget, Amount spent) implements Admission {}

    /** What calls under way may still cost would use it up; some of it may be given back. */
    record Held(Budget budget, Amount spent) implements Admission {}
  }

  /** Undoes the transaction of a call that is not to be made. */
  private static final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient Admission admission;

    RefusedException(Admission admission) {
      super("refused", null, false, false);
      this.admission = admission;
    }
  }

  /**
   * A call that is about to be made.
   *
   * @param reserve what it may cost, as far as can be told
   */
  public record Opening(
      String id, Party party, String model, String upstream, String node, Amount reserve) {}

  /** The end of a call. */
  public record Ending(
      State state, int status, String upstream, RequestIds requestIds, Usage usage, long nanos) {}

  public ModelLedger(Database database) {
    this.database = database;
  }

  /** Opens a call, unless a budget of the configuration or of the tables forbids it. */
  public Admission open(Opening call, List<Budget> configured, Instant now) {
    try {
      return database.write(connection -> open(connection, call, configured, now));
    } catch (RefusedException e) {
      return e.admission;
    }
  }

  private static Admission open(
      Connection connection, Opening call, List<Budget> configured, Instant now)
      throws SQLException {
    var party = call.party();
    var all = new ArrayList<>(configured);
    all.addAll(BudgetTable.budgets(connection, party.tenant()));
    var sums = add(connection, party, now, 1, new Amount(0, 0), call.reserve());
    for (var budget : Budget.applying(all, party)) {
      var sum = Objects.requireNonNull(sums.get(new Sum(budget.summedBy(), budget.window())));
      check(budget, sum, call.reserve());
    }
    seen(connection, call.node(), now);
    try (var insert = connection.prepareStatement(OPEN)) {
      var at = strings(insert, 1, call.id(), party.tenant().value(), party.team());
      at = strings(insert, at, party.agent().value(), party.session().value());
      insert.setLong(at++, party.turn());
      at = strings(insert, at, call.model(), call.upstream(), call.node());
      insert.setLong(at++, call.reserve().tokens());
      insert.setLong(at++, call.reserve().nanos());
      insert.setString(at, SqlTime.text(now));
      insert.executeUpdate();
    }
    return new Admission.Admitted();
  }

  private static void check(Budget budget, Spent sum, Amount own) {
    var spent = sum.spent();
    var held =
        new Amount(
            spent.tokens() + sum.reserved().tokens() - own.tokens(),
            spent.nanos() + sum.reserved().nanos() - own.nanos());
    if (reaches(spent, budget)) {
      throw new RefusedException(new Admission.Reached(budget, spent));
    }
    if (reaches(held, budget)) {
      throw new RefusedException(new Admission.Held(budget, spent));
    }
  }

  private static boolean reaches(Amount amount, Budget budget) {
    return (budget.tokens().isPresent() && amount.tokens() >= budget.tokens().getAsLong())
        || (budget.nanos().isPresent() && amount.nanos() >= budget.nanos().getAsLong());
  }

  /** Keeps what is known of a call under way, in case that its node dies. */
  public void note(String id, Usage usage, long nanos) {
    database.write(
        connection -> {
          note(connection, NOTE, id, usage, nanos);
          return true;
        });
  }

  private static void note(
      Connection connection, String statement, String id, Usage usage, long nanos)
      throws SQLException {
    try (var update = connection.prepareStatement(statement)) {
      update.setLong(1, usage.input());
      update.setLong(2, usage.output());
      update.setLong(3, usage.cacheWrite());
      update.setLong(4, usage.cacheRead());
      update.setLong(5, nanos);
      update.setString(6, id);
      update.executeUpdate();
    }
  }

  /**
   * Ends a call and puts its cost in place of its reservation, also after another node has given it
   * up; false when it has ended already.
   */
  public boolean settle(String id, Ending ending, Instant now) {
    return database.write(
        connection -> {
          note(connection, NOTE, id, ending.usage(), ending.nanos());
          try (var update = connection.prepareStatement(CLOSE)) {
            end(update, id, ending, now);
            return settled(connection, update) || found(connection, id, ending, now);
          }
        });
  }

  private static void end(PreparedStatement update, String id, Ending ending, Instant now)
      throws SQLException {
    update.setString(1, ending.state().name());
    update.setInt(2, ending.status());
    var ids = ending.requestIds();
    var at = strings(update, 3, ending.upstream(), ids.server(), ids.gateway());
    strings(update, at, SqlTime.text(now), id);
  }

  /** A call whose node was not dead, though it seemed so: the sums get what they lack. */
  private static boolean found(Connection connection, String id, Ending ending, Instant now)
      throws SQLException {
    try (var update = connection.prepareStatement(FIND)) {
      end(update, id, ending, now);
      try (var row = update.executeQuery()) {
        if (!row.next()) {
          return false;
        }
        var lacking =
            new Amount(ending.usage().tokens() - row.getLong(9), ending.nanos() - row.getLong(10));
        var startedAt = SqlTime.instant(row.getString(6));
        add(connection, party(row, 1), startedAt, 0, lacking, new Amount(0, 0));
      }
    }
    note(connection, CORRECT, id, ending.usage(), ending.nanos());
    return true;
  }

  /** Moves the sums of the one row that a statement has ended. */
  private static boolean settled(Connection connection, PreparedStatement ended)
      throws SQLException {
    Party party;
    Instant startedAt;
    Amount reserved;
    Amount spent;
    try (var row = ended.executeQuery()) {
      if (!row.next()) {
        return false;
      }
      party = party(row, 1);
      startedAt = SqlTime.instant(row.getString(6));
      reserved = new Amount(row.getLong(7), row.getLong(8));
      spent = new Amount(row.getLong(9), row.getLong(10));
    }
    add(connection, party, startedAt, 0, spent, new Amount(-reserved.tokens(), -reserved.nanos()));
    return true;
  }

  private static Map<Sum, Spent> add(
      Connection connection, Party party, Instant at, int calls, Amount spent, Amount reserved)
      throws SQLException {
    var sums = new HashMap<Sum, Spent>();
    try (var upsert = connection.prepareStatement(ADD)) {
      for (var sum : SUMS) {
        upsert.setString(1, party.tenant().value());
        upsert.setString(2, sum.scope().name());
        upsert.setString(3, party.subject(sum.scope()));
        upsert.setString(4, sum.window().period(at, party.turn()));
        upsert.setInt(5, calls);
        upsert.setLong(6, spent.tokens());
        upsert.setLong(7, spent.nanos());
        upsert.setLong(8, reserved.tokens());
        upsert.setLong(9, reserved.nanos());
        try (var row = upsert.executeQuery()) {
          row.next();
          sums.put(
              sum,
              new Spent(
                  new Amount(row.getLong(1), row.getLong(2)),
                  new Amount(row.getLong(3), row.getLong(4))));
        }
      }
    }
    return sums;
  }

  /** Says that a node lives; opening a call says so too. */
  public void seen(String node, Instant now) {
    database.write(
        connection -> {
          seen(connection, node, now);
          return true;
        });
  }

  private static void seen(Connection connection, String node, Instant now) throws SQLException {
    try (var upsert = connection.prepareStatement(SEEN)) {
      upsert.setString(1, node);
      upsert.setString(2, SqlTime.text(now));
      upsert.executeUpdate();
    }
  }

  /**
   * Ends the calls of nodes that were last seen before a time, and those of one node that it does
   * not know; answers how many.
   *
   * @param known ids of the calls that {@code node} has under way
   */
  public int endLost(Instant lastSeen, String node, Set<String> known, Instant now) {
    var lost = database.read(connection -> lost(connection, lastSeen, node, known));
    var ended = 0;
    for (var id : lost) {
      ended +=
          database.write(
                  connection -> {
                    try (var update = connection.prepareStatement(LOSE)) {
                      update.setString(1, SqlTime.text(now));
                      update.setString(2, id);
                      return settled(connection, update);
                    }
                  })
              ? 1
              : 0;
    }
    return ended;
  }

  private static List<String> lost(
      Connection connection, Instant lastSeen, String node, Set<String> known) throws SQLException {
    var lost = new ArrayList<String>();
    try (var select =
        connection.prepareStatement(
            """
            SELECT c.id, c.node FROM model_calls c LEFT JOIN model_nodes n ON n.node = c.node
            WHERE c.state = 'OPEN' AND (c.node = ? OR n.seen_at IS NULL OR n.seen_at < ?)""")) {
      select.setString(1, node);
      select.setString(2, SqlTime.text(lastSeen));
      try (var rows = select.executeQuery()) {
        while (rows.next()) {
          if (!rows.getString(2).equals(node) || !known.contains(rows.getString(1))) {
            lost.add(rows.getString(1));
          }
        }
      }
    }
    return lost;
  }

  static Party party(ResultSet row, int at) throws SQLException {
    return new Party(
        new TenantId(row.getString(at)),
        row.getString(at + 1),
        new AgentName(row.getString(at + 2)),
        new SessionId(row.getString(at + 3)),
        row.getLong(at + 4));
  }

  static int strings(PreparedStatement statement, int from, String... values) throws SQLException {
    var at = from;
    for (var value : values) {
      statement.setString(at++, value);
    }
    return at;
  }
}
