package dev.ash.persistence.table;

import dev.ash.persistence.Database;
import dev.ash.persistence.table.Budget.Scope;
import dev.ash.persistence.table.ModelCall.Amount;
import dev.ash.persistence.table.ModelCall.RequestIds;
import dev.ash.persistence.table.ModelCall.State;
import dev.ash.persistence.table.ModelCall.Usage;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads what {@link ModelLedger} has recorded. */
public final class ModelSpending {
  private final Database database;

  public ModelSpending(Database database) {
    this.database = database;
  }

  /**
   * What the calls of a scope have cost.
   *
   * @param period as {@link Budget.Window#period} names it
   */
  public Amount spent(TenantId tenant, Scope scope, String subject, String period) {
    return database.read(
        connection -> {
          try (var select =
              connection.prepareStatement(
                  """
                  SELECT tokens, nanos FROM model_spend
                  WHERE tenant = ? AND scope = ? AND subject = ? AND period = ?""")) {
            ModelLedger.strings(select, 1, tenant.value(), scope.name(), subject, period);
            try (var row = select.executeQuery()) {
              return row.next() ? new Amount(row.getLong(1), row.getLong(2)) : new Amount(0, 0);
            }
          }
        });
  }

  /** A session's calls, newest first. */
  public List<ModelCall> calls(TenantId tenant, SessionId session, int limit) {
    return database.read(
        connection -> {
          try (var select =
              connection.prepareStatement(
                  """
                  SELECT tenant, team, agent, session_id, turn, id, model, upstream, state, status,
                    input_tokens, output_tokens, cache_write_tokens, cache_read_tokens, cost_nanos,
                    started_at, ended_at, request_id, gateway_request_id
                  FROM model_calls WHERE tenant = ? AND session_id = ?
                  ORDER BY started_at DESC, id DESC LIMIT ?""")) {
            ModelLedger.strings(select, 1, tenant.value(), session.value());
            select.setInt(3, limit);
            var calls = new ArrayList<ModelCall>();
            try (var rows = select.executeQuery()) {
              while (rows.next()) {
                calls.add(call(rows));
              }
            }
            return calls;
          }
        });
  }

  private static ModelCall call(ResultSet row) throws SQLException {
    return new ModelCall(
        row.getString(6),
        ModelLedger.party(row, 1),
        row.getString(7),
        row.getString(8),
        State.valueOf(row.getString(9)),
        row.getInt(10),
        new Usage(row.getLong(11), row.getLong(12), row.getLong(13), row.getLong(14)),
        row.getLong(15),
        new RequestIds(row.getString(18), row.getString(19)),
        SqlTime.instant(row.getString(16)),
        Optional.ofNullable(row.getString(17)).map(SqlTime::instant));
  }

  /** Sums by the columns that are asked for, the dearest first. */
  public List<Total> totals(TenantId tenant, Filter filter, List<Column> by) {
    var columns = by.stream().map(Column::sql).toList();
    var selected = columns.isEmpty() ? "" : String.join(", ", columns) + ", ";
    var grouped = columns.isEmpty() ? "" : " GROUP BY " + String.join(", ", columns);
    var sql =
        "SELECT "
            + selected
            + "COUNT(*), COALESCE(SUM(input_tokens), 0), COALESCE(SUM(output_tokens), 0),"
            + " COALESCE(SUM(cache_write_tokens), 0), COALESCE(SUM(cache_read_tokens), 0),"
            + " COALESCE(SUM(cost_nanos), 0),"
            + " COALESCE(SUM(CASE WHEN state IN ('CUT', 'LOST') THEN 1 ELSE 0 END), 0)"
            + " FROM model_calls WHERE tenant = ? AND started_at >= ? AND started_at < ?"
            + " AND (? = '' OR session_id = ?) AND (? = '' OR agent = ?)"
            + grouped
            + " ORDER BY SUM(cost_nanos) DESC LIMIT 1000";
    return database.read(
        connection -> {
          try (var select = connection.prepareStatement(sql)) {
            var session = filter.session().map(SessionId::value).orElse("");
            var agent = filter.agent().orElse("");
            ModelLedger.strings(select, 1, tenant.value(), SqlTime.text(filter.from()));
            ModelLedger.strings(
                select, 3, SqlTime.text(filter.to()), session, session, agent, agent);
            var totals = new ArrayList<Total>();
            try (var rows = select.executeQuery()) {
              while (rows.next()) {
                totals.add(total(rows, by.size()));
              }
            }
            return totals;
          }
        });
  }

  private static Total total(ResultSet row, int groups) throws SQLException {
    var values = new ArrayList<String>();
    for (var i = 1; i <= groups; i++) {
      values.add(row.getString(i));
    }
    return new Total(
        values,
        row.getLong(groups + 1),
        new Usage(
            row.getLong(groups + 2),
            row.getLong(groups + 3),
            row.getLong(groups + 4),
            row.getLong(groups + 5)),
        row.getLong(groups + 6),
        row.getLong(groups + 7));
  }

  /** Which calls are summed up: those that began from {@code from} to before {@code to}. */
  public record Filter(
      Instant from, Instant to, Optional<SessionId> session, Optional<String> agent) {}

  /** What sums may be made by. */
  public enum Column {
    TEAM("team"),
    AGENT("agent"),
    SESSION("session_id"),
    MODEL("model"),
    UPSTREAM("upstream"),
    STATE("state"),
    DAY("substr(started_at, 1, 10)");

    private final String sql;

    Column(String sql) {
      this.sql = sql;
    }

    String sql() {
      return sql;
    }
  }

  /**
   * A sum.
   *
   * @param by values of the columns that were asked for, in their order
   * @param broken calls whose end was not seen, so that they may have cost more
   */
  public record Total(List<String> by, long calls, Usage usage, long nanos, long broken) {}
}
