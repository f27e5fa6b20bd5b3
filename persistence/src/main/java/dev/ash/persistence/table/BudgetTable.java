package dev.ash.persistence.table;

import dev.ash.persistence.Database;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.table.Budget.Owner;
import dev.ash.persistence.table.Budget.Scope;
import dev.ash.persistence.table.Budget.Window;
import dev.ash.protocol.http.IfMatch;
import dev.ash.protocol.id.TenantId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The budgets that were set through the API. {@link ModelLedger} enforces them. */
public final class BudgetTable {
  private static final String ONE =
      " FROM model_budgets WHERE tenant = ? AND owner = ? AND scope = ?"
          + " AND subject = ? AND window_kind = ?";

  private static final String INSERT =
      """
      INSERT INTO model_budgets
        (tenant, owner, scope, subject, window_kind, tokens, nanos, updated_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (tenant, owner, scope, subject, window_kind) DO\s""";

  private static final String REPLACE =
      """
      UPDATE SET tokens = excluded.tokens, nanos = excluded.nanos,
        updated_at = excluded.updated_at""";

  private final Database database;

  public BudgetTable(Database database) {
    this.database = database;
  }

  /** The tenant's stored budgets; those of the operator among them. */
  public List<Budget> budgets(TenantId tenant) {
    return database.read(connection -> budgets(connection, tenant));
  }

  static List<Budget> budgets(Connection connection, TenantId tenant) throws SQLException {
    var budgets = new ArrayList<Budget>();
    try (var select =
        connection.prepareStatement(
            """
            SELECT owner, scope, subject, window_kind, tokens, nanos FROM model_budgets
            WHERE tenant = ? ORDER BY owner, scope, subject, window_kind""")) {
      select.setString(1, tenant.value());
      try (var rows = select.executeQuery()) {
        while (rows.next()) {
          budgets.add(
              new Budget(
                  Owner.valueOf(rows.getString(1)),
                  Scope.valueOf(rows.getString(2)),
                  rows.getString(3),
                  Window.valueOf(rows.getString(4)),
                  optional(rows, 5),
                  optional(rows, 6)));
        }
      }
    }
    return budgets;
  }

  private static OptionalLong optional(ResultSet row, int column) throws SQLException {
    var value = row.getLong(column);
    return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(value);
  }

  /**
   * Stores a budget in place of the one of the same owner, scope, subject and window.
   *
   * @throws StaleException when the guard does not allow the state of that one, or that none is
   *     there
   */
  public void setBudget(TenantId tenant, Budget budget, Instant now, IfMatch guard) {
    database.write(
        connection -> {
          StaleException.require(guard, find(connection, tenant, budget).map(Budget::tag));
          var mayReplace = !(guard instanceof IfMatch.Absent);
          while (insert(connection, tenant, budget, now, mayReplace ? REPLACE : "NOTHING") == 0) {
            // Another one came between, and may be gone again: what is not there is not locked.
            StaleException.require(guard, find(connection, tenant, budget).map(Budget::tag));
          }
          return budget;
        });
  }

  private static int insert(
      Connection connection, TenantId tenant, Budget budget, Instant now, String onConflict)
      throws SQLException {
    try (var insert = connection.prepareStatement(INSERT + onConflict)) {
      key(insert, tenant, budget);
      nullable(insert, 6, budget.tokens());
      nullable(insert, 7, budget.nanos());
      insert.setString(8, SqlTime.text(now));
      return insert.executeUpdate();
    }
  }

  /**
   * Removes a stored budget; false when there is none.
   *
   * @throws StaleException when the guard does not allow its state
   */
  public boolean removeBudget(TenantId tenant, Budget budget, IfMatch guard) {
    return database.write(
        connection -> {
          var found = find(connection, tenant, budget);
          if (found.isEmpty()) {
            return false;
          }
          StaleException.require(guard, found.get().tag());
          try (var delete = connection.prepareStatement("DELETE" + ONE)) {
            key(delete, tenant, budget);
            return delete.executeUpdate() > 0;
          }
        });
  }

  /** The stored one of the same owner, scope, subject and window, held until the work is done. */
  private Optional<Budget> find(Connection connection, TenantId tenant, Budget like)
      throws SQLException {
    var lock = database.dialect() == Dialect.POSTGRESQL ? " FOR UPDATE" : "";
    try (var select = connection.prepareStatement("SELECT tokens, nanos" + ONE + lock)) {
      key(select, tenant, like);
      try (var rows = select.executeQuery()) {
        return rows.next()
            ? Optional.of(like.limitedTo(optional(rows, 1), optional(rows, 2)))
            : Optional.empty();
      }
    }
  }

  private static void key(PreparedStatement statement, TenantId tenant, Budget budget)
      throws SQLException {
    ModelLedger.strings(statement, 1, tenant.value(), budget.owner().name(), budget.scope().name());
    ModelLedger.strings(statement, 4, budget.subject(), budget.window().name());
  }

  private static void nullable(PreparedStatement statement, int at, OptionalLong value)
      throws SQLException {
    if (value.isPresent()) {
      statement.setLong(at, value.getAsLong());
    } else {
      statement.setNull(at, Types.BIGINT);
    }
  }
}
