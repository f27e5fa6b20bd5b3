package dev.ash.persistence.table;

import dev.ash.persistence.Database;
import dev.ash.protocol.id.AgentName;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * The directory of sessions: what can be listed without asking their entities. Each row is written
 * by its entity and guarded by the journal's sequence, so writes may come late, twice or in any
 * order.
 */
public final class SessionTable {
  private static final String COLUMNS =
      "id, tenant, agent, status, parent, settings, env, created_at, last_active_at, sequence";

  /** A session's settings and environment may be a megabyte, and nobody shows them in a list. */
  private static final String LISTED = COLUMNS.replace("settings, env", "'{}', '{}'");

  private static final String UPSERT =
      """
      INSERT INTO sessions (%s)
      VALUES (?, ?, ?, ?, ?, ?, COALESCE(?, '{}'), ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET
        agent = excluded.agent,
        status = excluded.status,
        parent = excluded.parent,
        settings = excluded.settings,
        env = COALESCE(?, sessions.env),
        last_active_at = excluded.last_active_at,
        sequence = excluded.sequence
      WHERE excluded.sequence >= sessions.sequence AND excluded.tenant = sessions.tenant"""
          .formatted(COLUMNS);

  private static final String ENDED = "ended";

  /** No entity ever says this of itself, and no sequence is greater. */
  private static final String DELETED = "deleted";

  private static final String DELETE =
      """
      UPDATE sessions SET status = '%s', settings = '{}', env = '{}', sequence = %d
      WHERE id = ? AND status <> '%s'"""
          .formatted(DELETED, Long.MAX_VALUE, DELETED);

  private static final String NEWEST_FIRST = " ORDER BY created_at DESC, id";

  private final Database database;

  public SessionTable(Database database) {
    this.database = database;
  }

  /**
   * Writes all rows in one transaction. A row that is older than what is stored changes nothing; a
   * row never changes its tenant or its time of creation.
   */
  public void upsert(Collection<SessionRow> rows) {
    // In the order of ids, so that two nodes never wait for each other's rows.
    var newest = new TreeMap<String, SessionRow>();
    rows.forEach(row -> newest.merge(row.id().value(), row, SessionRow::mergedWith));
    if (newest.isEmpty()) {
      return;
    }
    database.write(
        connection -> {
          try (var upsert = connection.prepareStatement(UPSERT)) {
            for (var row : newest.values()) {
              bind(upsert, row);
              upsert.addBatch();
            }
            return upsert.executeBatch().length;
          }
        });
  }

  /** Empty also when the session is another tenant's. */
  public Optional<SessionRow> find(TenantId tenant, SessionId id) {
    return find(id).filter(row -> row.tenant().equals(tenant));
  }

  public Optional<SessionRow> find(SessionId id) {
    return select(COLUMNS, new Condition().and("id = ?", id.value()), "").stream().findFirst();
  }

  /**
   * Newest first; sessions of the same millisecond in the order of their ids. Settings and
   * environments are left out: each is an empty object.
   */
  public List<SessionRow> list(Filter filter, OptionalInt limit, int offset) {
    var page = NEWEST_FIRST + " LIMIT %d OFFSET %d";
    return select(
        LISTED, filter.condition(), page.formatted(limit.orElse(Integer.MAX_VALUE), offset));
  }

  public long count(Filter filter) {
    var condition = filter.condition();
    return database.read(
        connection -> {
          try (var select = condition.prepare(connection, "SELECT COUNT(*) FROM sessions", "");
              var rows = select.executeQuery()) {
            rows.next();
            return rows.getLong(1);
          }
        });
  }

  /** Over all tenants; a status without sessions is missing. */
  public Map<String, Long> countByStatus() {
    return countByStatus(new Condition());
  }

  /** The number of a tenant's sessions in each status that there is one in. */
  public Map<String, Long> countByStatus(TenantId tenant) {
    return countByStatus(Filter.all(tenant).condition());
  }

  private Map<String, Long> countByStatus(Condition condition) {
    return database.read(
        connection -> {
          var counts = new TreeMap<String, Long>();
          try (var select =
                  condition.prepare(
                      connection, "SELECT status, COUNT(*) FROM sessions", " GROUP BY status");
              var rows = select.executeQuery()) {
            while (rows.next()) {
              counts.put(rows.getString(1), rows.getLong(2));
            }
          }
          return counts;
        });
  }

  /**
   * The environments of sessions that have one, in the order of ids.
   *
   * @param after only those behind this id
   */
  public List<Environment> environments(String after, int limit) {
    return database.read(
        connection -> {
          var found = new ArrayList<Environment>();
          try (var select =
              connection.prepareStatement(
                  "SELECT id, env FROM sessions WHERE id > ? AND env <> '{}'"
                      + " ORDER BY id LIMIT ?")) {
            select.setString(1, after);
            select.setInt(2, limit);
            try (var rows = select.executeQuery()) {
              while (rows.next()) {
                found.add(new Environment(new SessionId(rows.getString(1)), rows.getString(2)));
              }
            }
          }
          return found;
        });
  }

  /** Those that somebody else has changed meanwhile stay as they are; answers how many were not. */
  public int replaceEnvironments(List<NewEnvironment> changes) {
    if (changes.isEmpty()) {
      return 0;
    }
    return database.write(
        connection -> {
          try (var update =
              connection.prepareStatement("UPDATE sessions SET env = ? WHERE id = ? AND env = ?")) {
            var done = 0;
            for (var change : changes) {
              update.setString(1, change.envJson());
              update.setString(2, change.old().id().value());
              update.setString(3, change.old().envJson());
              done += update.executeUpdate();
            }
            return done;
          }
        });
  }

  /** The sessions of an agent that have not ended. */
  public List<SessionId> open(TenantId tenant, AgentName agent) {
    return ids(
        new Condition()
            .and("tenant = ?", tenant.value())
            .and("agent = ?", agent.value())
            .and("status <> ?", ENDED),
        "");
  }

  /** Some sessions of an agent that have ended. */
  public List<SessionId> ended(TenantId tenant, AgentName agent, int limit) {
    return ids(
        new Condition()
            .and("tenant = ?", tenant.value())
            .and("agent = ?", agent.value())
            .and("status = ?", ENDED),
        " LIMIT " + limit);
  }

  private List<SessionId> ids(Condition condition, String tail) {
    return database.read(
        connection -> {
          var ids = new ArrayList<SessionId>();
          try (var select = condition.prepare(connection, "SELECT id FROM sessions", tail);
              var rows = select.executeQuery()) {
            while (rows.next()) {
              ids.add(new SessionId(rows.getString(1)));
            }
          }
          return ids;
        });
  }

  /** The sessions of all tenants that have one of these statuses. */
  public List<SessionRow> rowsOf(Collection<String> statuses) {
    return statuses.isEmpty()
        ? List.of()
        : select(COLUMNS, new Condition().andIn("status", statuses), NEWEST_FIRST);
  }

  /**
   * Takes rows out of the list for good; answers how many there were. What stays is only a mark: an
   * entity that still saves what its last turn left writes its row once more, and that must not
   * bring the session back.
   */
  public int delete(Collection<SessionId> ids) {
    return database.write(
        connection -> {
          var deleted = 0;
          try (var delete = connection.prepareStatement(DELETE)) {
            for (var id : ids.stream().map(SessionId::value).sorted().toList()) {
              delete.setString(1, id);
              deleted += delete.executeUpdate();
            }
          }
          return deleted;
        });
  }

  private List<SessionRow> select(String columns, Condition condition, String tail) {
    return database.read(
        connection -> {
          var found = new ArrayList<SessionRow>();
          try (var select =
                  condition.prepare(connection, "SELECT " + columns + " FROM sessions", tail);
              var rows = select.executeQuery()) {
            while (rows.next()) {
              found.add(row(rows));
            }
          }
          return found;
        });
  }

  private static void bind(PreparedStatement upsert, SessionRow row) throws SQLException {
    var env = row.envJson().orElse(null);
    upsert.setString(1, row.id().value());
    upsert.setString(2, row.tenant().value());
    upsert.setString(3, row.agent().value());
    upsert.setString(4, row.status());
    upsert.setString(5, row.parent().map(SessionId::value).orElse(null));
    upsert.setString(6, row.settingsJson());
    upsert.setString(7, env);
    upsert.setString(8, SqlTime.text(row.createdAt()));
    upsert.setString(9, SqlTime.text(row.lastActiveAt()));
    upsert.setLong(10, row.sequence());
    upsert.setString(11, env);
  }

  private static SessionRow row(ResultSet rows) throws SQLException {
    return new SessionRow(
        new SessionId(rows.getString(1)),
        new TenantId(rows.getString(2)),
        new AgentName(rows.getString(3)),
        rows.getString(4),
        Optional.ofNullable(rows.getString(5)).map(SessionId::new),
        rows.getString(6),
        Optional.of(rows.getString(7)),
        SqlTime.instant(rows.getString(8)),
        SqlTime.instant(rows.getString(9)),
        rows.getLong(10));
  }

  /** A session's environment as it is stored. Not for logs. */
  public record Environment(SessionId id, String envJson) {
    @Override
    public String toString() {
      return "Environment[" + id + "]";
    }
  }

  /** What a session's environment is to become, if it is still the old one. Not for logs. */
  public record NewEnvironment(Environment old, String envJson) {
    @Override
    public String toString() {
      return "NewEnvironment[" + old.id() + "]";
    }
  }

  /** Which of a tenant's sessions. */
  public record Filter(TenantId tenant, Optional<AgentName> agent, Optional<String> status) {

    public static Filter all(TenantId tenant) {
      return new Filter(tenant, Optional.empty(), Optional.empty());
    }

    private Condition condition() {
      var condition = new Condition().and("tenant = ?", tenant.value());
      agent.ifPresent(name -> condition.and("agent = ?", name.value()));
      status.ifPresent(text -> condition.and("status = ?", text));
      return condition;
    }
  }

  /** A WHERE clause and what its question marks stand for. */
  private static final class Condition {
    private final List<String> terms = new ArrayList<>(List.of("status <> ?"));
    private final List<String> values = new ArrayList<>(List.of(DELETED));

    Condition and(String term, String value) {
      terms.add(term);
      values.add(value);
      return this;
    }

    Condition andIn(String column, Collection<String> any) {
      terms.add(column + " IN (" + String.join(", ", Collections.nCopies(any.size(), "?")) + ")");
      values.addAll(any);
      return this;
    }

    PreparedStatement prepare(Connection connection, String select, String tail)
        throws SQLException {
      var sql = select + " WHERE " + String.join(" AND ", terms) + tail;
      var statement = connection.prepareStatement(sql);
      for (var i = 0; i < values.size(); i++) {
        statement.setString(i + 1, values.get(i));
      }
      return statement;
    }
  }
}
