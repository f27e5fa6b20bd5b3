package dev.ash.persistence.table;

import dev.ash.persistence.Database;
import dev.ash.persistence.Database.Dialect;
import dev.ash.persistence.table.EvalRunTable.ResultRow;
import dev.ash.persistence.table.EvalRunTable.RunRow;
import dev.ash.protocol.id.TenantId;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The cases that wait to be run, shared out among the nodes and the tenants. Who takes one has it
 * for some time and renews that; when it has passed, another may take it.
 */
public final class EvalWork {
  private static final String OPEN = " status IN ('pending', 'running')";

  private static final String CLAIM =
      """
      UPDATE eval_results SET status = 'running', owner = ?, not_before_ms = ?,
        attempts = attempts + 1
      WHERE id = ?""";

  private static final String START =
      "UPDATE eval_runs SET status = 'running', started_at = ? WHERE id = ? AND status = 'pending'";

  private static final String FINISH =
      """
      UPDATE eval_results SET status = ?, response = ?, topic_score = ?, safety_score = ?,
        latency_ms = ?, error = ?, completed_at = ?, owner = NULL
      WHERE id = ? AND status = 'running'""";

  private final Database database;

  public EvalWork(Database database) {
    this.database = database;
  }

  /** Tenants that have a case to be run, and how many of each are at work now. */
  public Map<TenantId, Integer> waiting(Instant now) {
    return database.read(
        connection -> {
          var busy = new HashMap<TenantId, Integer>();
          for (var tenant :
              strings(
                  connection,
                  "SELECT DISTINCT tenant FROM eval_results WHERE"
                      + OPEN
                      + " AND not_before_ms <= ?",
                  now.toEpochMilli())) {
            busy.put(new TenantId(tenant), 0);
          }
          if (!busy.isEmpty()) {
            for (var tenant :
                strings(
                    connection,
                    "SELECT tenant FROM eval_results WHERE status = 'running'"
                        + " AND not_before_ms > ?",
                    now.toEpochMilli())) {
              busy.computeIfPresent(new TenantId(tenant), (_, count) -> count + 1);
            }
          }
          return busy;
        });
  }

  /** Takes the oldest of a tenant's cases that nobody is at, until a moment. */
  public Optional<Claimed> claim(TenantId tenant, String owner, Instant now, Instant until) {
    return database.write(
        connection -> {
          var free = free(connection, tenant, now);
          if (free.isEmpty()) {
            return Optional.empty();
          }
          var id = free.getFirst();
          execute(connection, CLAIM, owner, until.toEpochMilli(), id);
          var result = EvalRunTable.results(connection, " WHERE id = ?", id).getFirst();
          execute(connection, START, SqlTime.text(now), result.runId());
          var run = EvalRunTable.runs(connection, " WHERE id = ?", result.runId()).getFirst();
          return Optional.of(new Claimed(result, run, attempts(connection, id)));
        });
  }

  private List<String> free(Connection connection, TenantId tenant, Instant now)
      throws SQLException {
    // Who waits for a row that another is taking would only find it taken.
    var lock = database.dialect() == Dialect.POSTGRESQL ? " FOR UPDATE SKIP LOCKED" : "";
    return strings(
        connection,
        "SELECT id FROM eval_results WHERE"
            + OPEN
            + " AND not_before_ms <= ? AND tenant = ?"
            + " ORDER BY created_at, run_id, position LIMIT 1"
            + lock,
        now.toEpochMilli(),
        tenant.value());
  }

  private static int attempts(Connection connection, String id) throws SQLException {
    return Integer.parseInt(
        strings(connection, "SELECT attempts FROM eval_results WHERE id = ?", id).getFirst());
  }

  /** Keeps some of what an owner has until a later moment; the rest becomes free in its time. */
  public void renew(String owner, Collection<String> results, Instant until) {
    database.write(
        connection -> {
          var renewed = 0;
          for (var result : results.stream().sorted().toList()) {
            renewed +=
                execute(
                    connection,
                    "UPDATE eval_results SET not_before_ms = ?"
                        + " WHERE id = ? AND owner = ? AND status = 'running'",
                    until.toEpochMilli(),
                    result,
                    owner);
          }
          return renewed;
        });
  }

  /** Gives a case back, to be taken again from a moment on. */
  public void release(String owner, String result, Instant notBefore) {
    database.write(
        connection ->
            execute(
                connection,
                "UPDATE eval_results SET status = 'pending', owner = NULL, not_before_ms = ?"
                    + " WHERE id = ? AND owner = ? AND status = 'running'",
                notBefore.toEpochMilli(),
                result,
                owner));
  }

  /** Stores what became of a case; one that has ended stays as it is. */
  public void finish(String result, Ending ending, Instant at) {
    database.write(
        connection ->
            execute(
                connection,
                FINISH,
                ending.error().isPresent() ? "error" : "completed",
                ending.response().orElse(null),
                ending.score().map(Score::topic).orElse(null),
                ending.score().map(Score::safety).orElse(null),
                ending.latencyMs().isPresent() ? ending.latencyMs().getAsLong() : null,
                ending.error().orElse(null),
                SqlTime.text(at),
                result));
  }

  /** Runs that are not over though all their cases are; without their prompts and filters. */
  public List<RunRow> finished() {
    return database.read(
        connection ->
            EvalRunTable.listed(
                connection,
                " WHERE"
                    + OPEN
                    + " AND NOT EXISTS (SELECT 1 FROM eval_results w WHERE w.run_id = eval_runs.id"
                    + " AND w.status IN ('pending', 'running'))"));
  }

  /** Ends a run; one that has ended stays as it is. */
  public void end(RunRow run, String status, String summaryJson, Instant at) {
    var time = SqlTime.text(at);
    database.write(
        connection ->
            execute(
                connection,
                "UPDATE eval_runs SET status = ?, summary = ?, completed_at = ?,"
                    + " started_at = COALESCE(started_at, ?) WHERE id = ? AND"
                    + OPEN,
                status,
                summaryJson,
                time,
                time,
                run.id()));
  }

  private static int execute(
      Connection connection, String sql, @org.jspecify.annotations.Nullable Object... values)
      throws SQLException {
    try (var update = connection.prepareStatement(sql)) {
      for (var i = 0; i < values.length; i++) {
        update.setObject(i + 1, values[i]);
      }
      return update.executeUpdate();
    }
  }

  private static List<String> strings(Connection connection, String sql, Object... values)
      throws SQLException {
    var found = new ArrayList<String>();
    try (var select = connection.prepareStatement(sql)) {
      for (var i = 0; i < values.length; i++) {
        select.setObject(i + 1, values[i]);
      }
      try (var rows = select.executeQuery()) {
        while (rows.next()) {
          found.add(rows.getString(1));
        }
      }
    }
    return found;
  }

  /**
   * A case that was taken.
   *
   * @param attempts how often it was taken, this time with it
   */
  public record Claimed(ResultRow result, RunRow run, int attempts) {}

  /** How well an answer covers what it should and leaves out what it must not say. */
  public record Score(double topic, double safety) {}

  /** What became of a case; with an error it counts as not passed. */
  public record Ending(
      Optional<String> response,
      Optional<Score> score,
      OptionalLong latencyMs,
      Optional<String> error) {}
}
