package dev.ash.persistence.table;

import dev.ash.persistence.Database;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.TenantId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;

/** Eval runs and the results of their cases, as clients see them. */
public final class EvalRunTable {
  private static final String RUN =
      """
      SELECT id, tenant, agent, version_number, %s, status, total_cases,
        (SELECT COUNT(*) FROM eval_results r
          WHERE r.run_id = eval_runs.id AND r.status IN ('completed', 'error')),
        summary, created_at, started_at, completed_at
      FROM eval_runs""";

  private static final String WHOLE = RUN.formatted("system_prompt, filters");

  /** What a run was started with may be a megabyte, and nobody shows it in a list. */
  private static final String LISTED = RUN.formatted("NULL, '{}'");

  private static final String RESULT =
      """
      SELECT id, tenant, run_id, case_id, position, case_content, response, topic_score,
        safety_score, latency_ms, status, error, human_score, human_notes, created_at, completed_at
      FROM eval_results""";

  private static final String INSERT_RUN =
      """
      INSERT INTO eval_runs (id, tenant, agent, version_number, system_prompt, filters, status,
        total_cases, created_at)
      VALUES (?, ?, ?, ?, ?, ?, 'pending', ?, ?)""";

  private static final String INSERT_RESULT =
      """
      INSERT INTO eval_results (id, tenant, run_id, case_id, position, case_content, status,
        created_at, not_before_ms, attempts)
      VALUES (?, ?, ?, ?, ?, ?, 'pending', ?, 0, 0)""";

  private static final String SCORE =
      """
      UPDATE eval_results SET human_score = COALESCE(?, human_score),
        human_notes = COALESCE(?, human_notes)
      WHERE tenant = ? AND id = ?""";

  private final Database database;

  public EvalRunTable(Database database) {
    this.database = database;
  }

  /** Stores a run with a pending result for each of its cases. */
  public void start(RunRow run, List<ResultRow> results) {
    database.write(
        connection -> {
          try (var insert = connection.prepareStatement(INSERT_RUN)) {
            insert.setString(1, run.id());
            insert.setString(2, run.tenant().value());
            insert.setString(3, run.agent().value());
            insert.setObject(
                4, run.versionNumber().isPresent() ? run.versionNumber().getAsInt() : null);
            insert.setString(5, run.systemPrompt().orElse(null));
            insert.setString(6, run.filtersJson());
            insert.setInt(7, run.totalCases());
            insert.setString(8, SqlTime.text(run.createdAt()));
            insert.executeUpdate();
          }
          try (var insert = connection.prepareStatement(INSERT_RESULT)) {
            for (var result : results) {
              insert.setString(1, result.id());
              insert.setString(2, result.tenant().value());
              insert.setString(3, result.runId());
              insert.setString(4, result.caseId());
              insert.setInt(5, result.position());
              insert.setString(6, result.caseJson());
              insert.setString(7, SqlTime.text(result.createdAt()));
              insert.addBatch();
            }
            insert.executeBatch();
          }
          return results.size();
        });
  }

  /** Newest first, without their prompts and filters. */
  public List<RunRow> list(TenantId tenant, AgentName agent) {
    return database.read(
        connection ->
            listed(
                connection,
                " WHERE tenant = ? AND agent = ? ORDER BY created_at DESC, id",
                tenant.value(),
                agent.value()));
  }

  public Optional<RunRow> find(TenantId tenant, AgentName agent, String id) {
    return database.read(
        connection ->
            runs(
                    connection,
                    " WHERE tenant = ? AND agent = ? AND id = ?",
                    tenant.value(),
                    agent.value(),
                    id)
                .stream()
                .findFirst());
  }

  /** In the order of the cases. */
  public List<ResultRow> results(TenantId tenant, String run) {
    return database.read(
        connection ->
            results(
                connection,
                " WHERE tenant = ? AND run_id = ? ORDER BY position",
                tenant.value(),
                run));
  }

  /** A result of one of the agent's runs. */
  public Optional<ResultRow> result(TenantId tenant, AgentName agent, String id) {
    return database.read(
        connection ->
            results(
                    connection,
                    " WHERE tenant = ? AND id = ? AND run_id IN"
                        + " (SELECT id FROM eval_runs WHERE tenant = ? AND agent = ?)",
                    tenant.value(),
                    id,
                    tenant.value(),
                    agent.value())
                .stream()
                .findFirst());
  }

  /** What a person thinks of some results; what is empty stays. */
  public void score(
      TenantId tenant, List<String> results, OptionalInt score, Optional<String> notes) {
    database.write(
        connection -> {
          try (var update = connection.prepareStatement(SCORE)) {
            for (var id : results) {
              if (score.isPresent()) {
                update.setInt(1, score.getAsInt());
              } else {
                update.setNull(1, java.sql.Types.INTEGER);
              }
              update.setString(2, notes.orElse(null));
              update.setString(3, tenant.value());
              update.setString(4, id);
              update.addBatch();
            }
            update.executeBatch();
          }
          return results.size();
        });
  }

  /** The number of a tenant's runs in each status that there is one in. */
  public Map<String, Long> countByStatus(TenantId tenant) {
    return database.read(
        connection -> {
          var counts = new TreeMap<String, Long>();
          try (var select =
              connection.prepareStatement(
                  "SELECT status, COUNT(*) FROM eval_runs WHERE tenant = ? GROUP BY status")) {
            select.setString(1, tenant.value());
            try (var rows = select.executeQuery()) {
              while (rows.next()) {
                counts.put(rows.getString(1), rows.getLong(2));
              }
            }
          }
          return counts;
        });
  }

  static List<RunRow> runs(Connection connection, String where, String... values)
      throws SQLException {
    return select(connection, WHOLE + where, values);
  }

  /** The same without prompts and filters. */
  static List<RunRow> listed(Connection connection, String where, String... values)
      throws SQLException {
    return select(connection, LISTED + where, values);
  }

  private static List<RunRow> select(Connection connection, String sql, String... values)
      throws SQLException {
    var found = new ArrayList<RunRow>();
    try (var select = connection.prepareStatement(sql)) {
      for (var i = 0; i < values.length; i++) {
        select.setString(i + 1, values[i]);
      }
      try (var rows = select.executeQuery()) {
        while (rows.next()) {
          found.add(run(rows));
        }
      }
    }
    return found;
  }

  static List<ResultRow> results(Connection connection, String where, String... values)
      throws SQLException {
    var found = new ArrayList<ResultRow>();
    try (var select = connection.prepareStatement(RESULT + where)) {
      for (var i = 0; i < values.length; i++) {
        select.setString(i + 1, values[i]);
      }
      try (var rows = select.executeQuery()) {
        while (rows.next()) {
          found.add(result(rows));
        }
      }
    }
    return found;
  }

  private static RunRow run(ResultSet rows) throws SQLException {
    var version = rows.getInt(4);
    return new RunRow(
        rows.getString(1),
        new TenantId(rows.getString(2)),
        new AgentName(rows.getString(3)),
        rows.wasNull() ? OptionalInt.empty() : OptionalInt.of(version),
        Optional.ofNullable(rows.getString(5)),
        rows.getString(6),
        rows.getString(7),
        rows.getInt(8),
        rows.getInt(9),
        Optional.ofNullable(rows.getString(10)),
        SqlTime.instant(rows.getString(11)),
        time(rows.getString(12)),
        time(rows.getString(13)));
  }

  private static ResultRow result(ResultSet rows) throws SQLException {
    var topic = rows.getDouble(8);
    var topicScore = rows.wasNull() ? OptionalDouble.empty() : OptionalDouble.of(topic);
    var safety = rows.getDouble(9);
    var safetyScore = rows.wasNull() ? OptionalDouble.empty() : OptionalDouble.of(safety);
    var latency = rows.getLong(10);
    var latencyMs = rows.wasNull() ? OptionalLong.empty() : OptionalLong.of(latency);
    var human = rows.getInt(13);
    var humanScore = rows.wasNull() ? OptionalInt.empty() : OptionalInt.of(human);
    return new ResultRow(
        rows.getString(1),
        new TenantId(rows.getString(2)),
        rows.getString(3),
        rows.getString(4),
        rows.getInt(5),
        rows.getString(6),
        Optional.ofNullable(rows.getString(7)),
        topicScore,
        safetyScore,
        latencyMs,
        rows.getString(11),
        Optional.ofNullable(rows.getString(12)),
        humanScore,
        Optional.ofNullable(rows.getString(14)),
        SqlTime.instant(rows.getString(15)),
        time(rows.getString(16)));
  }

  private static Optional<Instant> time(@org.jspecify.annotations.Nullable String text) {
    return Optional.ofNullable(text).map(SqlTime::instant);
  }

  /**
   * A run.
   *
   * @param systemPrompt what its sessions are instructed with; empty leaves the folder's CLAUDE.md
   * @param completedCases counted when the row is read
   */
  public record RunRow(
      String id,
      TenantId tenant,
      AgentName agent,
      OptionalInt versionNumber,
      Optional<String> systemPrompt,
      String filtersJson,
      String status,
      int totalCases,
      int completedCases,
      Optional<String> summaryJson,
      Instant createdAt,
      Optional<Instant> startedAt,
      Optional<Instant> completedAt) {}

  /**
   * What became of one case in a run.
   *
   * @param caseJson the case as it was when the run began
   */
  public record ResultRow(
      String id,
      TenantId tenant,
      String runId,
      String caseId,
      int position,
      String caseJson,
      Optional<String> response,
      OptionalDouble topicScore,
      OptionalDouble safetyScore,
      OptionalLong latencyMs,
      String status,
      Optional<String> error,
      OptionalInt humanScore,
      Optional<String> humanNotes,
      Instant createdAt,
      Optional<Instant> completedAt) {}
}
