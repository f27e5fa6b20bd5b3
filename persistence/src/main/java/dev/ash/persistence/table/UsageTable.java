package dev.ash.persistence.table;

import dev.ash.persistence.Database;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What turns used, and how far each session's journal is counted. Rows and progress of a session
 * are written together; a row that is there already is left as it is.
 */
public final class UsageTable {
  private static final String INSERT =
      """
      INSERT INTO usage_events (session_id, sequence, kind, tenant, agent, value, created_at)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (session_id, sequence, kind) DO NOTHING""";

  private static final String ADVANCE =
      """
      INSERT INTO usage_progress (session_id, sequence, tenant, agent, turn_start, cost_so_far)
      VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (session_id) DO UPDATE SET
        sequence = excluded.sequence,
        turn_start = excluded.turn_start,
        cost_so_far = excluded.cost_so_far
      WHERE excluded.sequence > usage_progress.sequence""";

  private final Database database;

  public UsageTable(Database database) {
    this.database = database;
  }

  /** How far a session is counted; empty when not at all. */
  public Optional<Progress> progress(SessionId session) {
    return database.read(
        connection -> {
          try (var select =
              connection.prepareStatement(
                  "SELECT sequence, tenant, agent, turn_start, cost_so_far"
                      + " FROM usage_progress WHERE session_id = ?")) {
            select.setString(1, session.value());
            try (var rows = select.executeQuery()) {
              return rows.next()
                  ? Optional.of(
                      new Progress(
                          rows.getLong(1),
                          new TenantId(rows.getString(2)),
                          new AgentName(rows.getString(3)),
                          Optional.ofNullable(rows.getString(4)).map(SqlTime::instant),
                          rows.getDouble(5)))
                  : Optional.empty();
            }
          }
        });
  }

  /** Stores what was counted of several sessions in one transaction. */
  public void store(Collection<Counted> counted) {
    database.write(
        connection -> {
          try (var insert = connection.prepareStatement(INSERT);
              var advance = connection.prepareStatement(ADVANCE)) {
            for (var one : counted) {
              for (var row : one.rows()) {
                set(insert, row);
                insert.addBatch();
              }
              set(advance, one.session(), one.progress());
              advance.addBatch();
            }
            insert.executeBatch();
            advance.executeBatch();
          }
          return counted.size();
        });
  }

  private static void set(PreparedStatement insert, UsageRow row) throws SQLException {
    insert.setString(1, row.session().value());
    insert.setLong(2, row.sequence());
    insert.setString(3, row.kind());
    insert.setString(4, row.tenant().value());
    insert.setString(5, row.agent().value());
    insert.setDouble(6, row.value());
    insert.setString(7, SqlTime.text(row.createdAt()));
  }

  private static void set(PreparedStatement advance, SessionId session, Progress progress)
      throws SQLException {
    advance.setString(1, session.value());
    advance.setLong(2, progress.sequence());
    advance.setString(3, progress.tenant().value());
    advance.setString(4, progress.agent().value());
    advance.setString(5, progress.turnStart().map(SqlTime::text).orElse(null));
    advance.setDouble(6, progress.costSoFar());
  }

  /** Newest first, without rows of the kind {@code hidden}. */
  public List<UsageRow> list(Filter filter, String hidden, int limit) {
    return database.read(
        connection -> {
          var found = new ArrayList<UsageRow>();
          try (var select =
              prepared(
                  connection,
                  "SELECT session_id, sequence, kind, tenant, agent, value, created_at",
                  filter,
                  " AND kind <> ? ORDER BY created_at DESC, session_id, sequence DESC, kind"
                      + " LIMIT ?",
                  List.of(hidden, limit))) {
            try (var rows = select.executeQuery()) {
              while (rows.next()) {
                found.add(row(rows));
              }
            }
          }
          return found;
        });
  }

  /** The sum of each kind that there is. */
  public Map<String, Double> totals(Filter filter) {
    return database.read(
        connection -> {
          var totals = new TreeMap<String, Double>();
          try (var select =
                  prepared(
                      connection, "SELECT kind, SUM(value)", filter, " GROUP BY kind", List.of());
              var rows = select.executeQuery()) {
            while (rows.next()) {
              totals.put(rows.getString(1), rows.getDouble(2));
            }
          }
          return totals;
        });
  }

  private static PreparedStatement prepared(
      Connection connection, String select, Filter filter, String rest, List<Object> more)
      throws SQLException {
    var sql = new StringBuilder(select).append(" FROM usage_events WHERE tenant = ?");
    var values = new ArrayList<Object>();
    values.add(filter.tenant().value());
    filter.session().ifPresent(id -> add(sql, values, " AND session_id = ?", id.value()));
    filter.agent().ifPresent(name -> add(sql, values, " AND agent = ?", name.value()));
    filter.after().ifPresent(at -> add(sql, values, " AND created_at >= ?", SqlTime.text(at)));
    filter.before().ifPresent(at -> add(sql, values, " AND created_at <= ?", SqlTime.text(at)));
    values.addAll(more);
    var statement = connection.prepareStatement(sql.append(rest).toString());
    for (var i = 0; i < values.size(); i++) {
      statement.setObject(i + 1, values.get(i));
    }
    return statement;
  }

  private static void add(StringBuilder sql, List<Object> values, String condition, String value) {
    sql.append(condition);
    values.add(value);
  }

  private static UsageRow row(ResultSet rows) throws SQLException {
    return new UsageRow(
        SessionId.parse(rows.getString(1)).orElseThrow(),
        rows.getLong(2),
        rows.getString(3),
        new TenantId(rows.getString(4)),
        new AgentName(rows.getString(5)),
        rows.getDouble(6),
        SqlTime.instant(rows.getString(7)));
  }

  /**
   * What one stored event counts for.
   *
   * @param sequence of the event in the session's journal
   */
  public record UsageRow(
      SessionId session,
      long sequence,
      String kind,
      TenantId tenant,
      AgentName agent,
      double value,
      Instant createdAt) {}

  /**
   * How far a session's journal is counted.
   *
   * @param turnStart when the turn began that had not ended there
   * @param costSoFar the last total that the agent's process told
   */
  public record Progress(
      long sequence,
      TenantId tenant,
      AgentName agent,
      Optional<Instant> turnStart,
      double costSoFar) {}

  /** A session's new rows and how far it is counted with them. */
  public record Counted(SessionId session, List<UsageRow> rows, Progress progress) {
    public Counted {
      rows = List.copyOf(rows);
    }
  }

  /** Which rows; times are inclusive. */
  public record Filter(
      TenantId tenant,
      Optional<SessionId> session,
      Optional<AgentName> agent,
      Optional<Instant> after,
      Optional<Instant> before) {}
}
