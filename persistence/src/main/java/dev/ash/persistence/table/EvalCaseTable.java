package dev.ash.persistence.table;

import dev.ash.persistence.Database;
import dev.ash.persistence.Database.Dialect;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.TenantId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The eval cases of all agents. */
public final class EvalCaseTable {
  private static final String COLUMNS =
      "id, tenant, agent, position, content, category, active, created_at, updated_at";

  private static final String INSERT =
      "INSERT INTO eval_cases (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private static final String OF_AGENT = " FROM eval_cases WHERE tenant = ? AND agent = ?";
  private static final String ONE = OF_AGENT + " AND id = ?";

  private final Database database;

  public EvalCaseTable(Database database) {
    this.database = database;
  }

  /** Adds all or none. */
  public void insert(List<CaseRow> cases) {
    database.write(
        connection -> {
          try (var insert = connection.prepareStatement(INSERT)) {
            for (var row : cases) {
              insert.setString(1, row.id());
              insert.setString(2, row.tenant().value());
              insert.setString(3, row.agent().value());
              insert.setInt(4, row.position());
              insert.setString(5, row.contentJson());
              insert.setString(6, row.category().orElse(null));
              insert.setInt(7, row.active() ? 1 : 0);
              insert.setString(8, SqlTime.text(row.createdAt()));
              insert.setString(9, SqlTime.text(row.updatedAt()));
              insert.addBatch();
            }
            insert.executeBatch();
          }
          return cases.size();
        });
  }

  /** Oldest first. */
  public List<CaseRow> list(TenantId tenant, AgentName agent) {
    return database.read(
        connection -> {
          var found = new ArrayList<CaseRow>();
          try (var select =
              connection.prepareStatement(
                  "SELECT " + COLUMNS + OF_AGENT + " ORDER BY created_at, position, id")) {
            select.setString(1, tenant.value());
            select.setString(2, agent.value());
            try (var rows = select.executeQuery()) {
              while (rows.next()) {
                found.add(row(rows));
              }
            }
          }
          return found;
        });
  }

  public Optional<CaseRow> find(TenantId tenant, AgentName agent, String id) {
    return database.read(connection -> find(connection, tenant, agent, id, ""));
  }

  /** Changes a case in one step; the change may be asked for more than once. */
  public Optional<CaseRow> update(
      TenantId tenant, AgentName agent, String id, UnaryOperator<CaseRow> change) {
    var lock = database.dialect() == Dialect.POSTGRESQL ? " FOR UPDATE" : "";
    return database.write(
        connection -> {
          var old = find(connection, tenant, agent, id, lock);
          if (old.isEmpty()) {
            return old;
          }
          var changed = change.apply(old.get());
          try (var update =
              connection.prepareStatement(
                  "UPDATE eval_cases SET content = ?, category = ?, active = ?, updated_at = ?"
                      + " WHERE id = ?")) {
            update.setString(1, changed.contentJson());
            update.setString(2, changed.category().orElse(null));
            update.setInt(3, changed.active() ? 1 : 0);
            update.setString(4, SqlTime.text(changed.updatedAt()));
            update.setString(5, id);
            update.executeUpdate();
          }
          return Optional.of(changed);
        });
  }

  /** False when there is no such case. */
  public boolean delete(TenantId tenant, AgentName agent, String id) {
    return database.write(
        connection -> {
          try (var delete = connection.prepareStatement("DELETE" + ONE)) {
            delete.setString(1, tenant.value());
            delete.setString(2, agent.value());
            delete.setString(3, id);
            return delete.executeUpdate() > 0;
          }
        });
  }

  /** Takes away everything of an agent: cases, runs and their results. */
  static void deleteAll(Connection connection, TenantId tenant, AgentName agent)
      throws SQLException {
    for (var sql :
        List.of(
            "DELETE FROM eval_results WHERE run_id IN"
                + " (SELECT id FROM eval_runs WHERE tenant = ? AND agent = ?)",
            "DELETE FROM eval_runs WHERE tenant = ? AND agent = ?",
            "DELETE" + OF_AGENT)) {
      try (var delete = connection.prepareStatement(sql)) {
        delete.setString(1, tenant.value());
        delete.setString(2, agent.value());
        delete.executeUpdate();
      }
    }
  }

  private static Optional<CaseRow> find(
      Connection connection, TenantId tenant, AgentName agent, String id, String lock)
      throws SQLException {
    try (var select = connection.prepareStatement("SELECT " + COLUMNS + ONE + lock)) {
      select.setString(1, tenant.value());
      select.setString(2, agent.value());
      select.setString(3, id);
      try (var rows = select.executeQuery()) {
        return rows.next() ? Optional.of(row(rows)) : Optional.empty();
      }
    }
  }

  private static CaseRow row(ResultSet rows) throws SQLException {
    return new CaseRow(
        rows.getString(1),
        new TenantId(rows.getString(2)),
        new AgentName(rows.getString(3)),
        rows.getInt(4),
        rows.getString(5),
        Optional.ofNullable(rows.getString(6)),
        rows.getInt(7) == 1,
        SqlTime.instant(rows.getString(8)),
        SqlTime.instant(rows.getString(9)));
  }

  /**
   * A case.
   *
   * @param position among those of the same moment
   * @param contentJson question, topics, tags and so on as the wire has them
   */
  public record CaseRow(
      String id,
      TenantId tenant,
      AgentName agent,
      int position,
      String contentJson,
      Optional<String> category,
      boolean active,
      Instant createdAt,
      Instant updatedAt) {}
}
