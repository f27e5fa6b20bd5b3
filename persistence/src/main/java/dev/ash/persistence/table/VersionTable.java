package dev.ash.persistence.table;

import dev.ash.persistence.Database;
import dev.ash.protocol.http.IfMatch;
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

/**
 * The named versions of all agents. Every change first takes the agent's row, so changes of one
 * agent's versions come one after the other, and none outlives the agent.
 */
public final class VersionTable {
  private static final String COLUMNS =
      "tenant, agent, number, id, name, system_prompt, release_notes, knowledge_files, active,"
          + " created_at, updated_at, revision";

  private static final String OF_AGENT = " FROM agent_versions WHERE tenant = ? AND agent = ?";

  private static final String INSERT =
      "INSERT INTO agent_versions (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, 1)";

  private static final String UPDATE =
      """
      UPDATE agent_versions
      SET name = ?, system_prompt = ?, release_notes = ?, knowledge_files = ?, updated_at = ?,
        revision = revision + 1
      WHERE tenant = ? AND agent = ? AND number = ?""";

  private final Database database;

  public VersionTable(Database database) {
    this.database = database;
  }

  /** Newest number first; empty when there is no such agent. */
  public Optional<List<VersionRow>> list(TenantId tenant, AgentName agent) {
    return database.read(
        connection ->
            isAgent(connection, tenant, agent)
                ? Optional.of(
                    select(connection, tenant, agent, " ORDER BY number DESC", Optional.empty()))
                : Optional.empty());
  }

  public Optional<VersionRow> find(TenantId tenant, AgentName agent, Which which) {
    return database.read(connection -> find(connection, tenant, agent, which));
  }

  public Optional<VersionRow> active(TenantId tenant, AgentName agent) {
    return database.read(
        connection ->
            select(connection, tenant, agent, " AND active = 1", Optional.empty()).stream()
                .findFirst());
  }

  public boolean isAgent(TenantId tenant, AgentName agent) {
    return database.read(connection -> isAgent(connection, tenant, agent));
  }

  /**
   * Adds the next version of an agent; empty when there is no such agent.
   *
   * @param named gives the row its name when its number is known
   */
  public Optional<VersionRow> add(VersionRow row, UnaryOperator<VersionRow> named) {
    return database.write(
        connection -> {
          if (!lock(connection, row.tenant(), row.agent())) {
            return Optional.empty();
          }
          var added = named.apply(numbered(row, next(connection, row.tenant(), row.agent())));
          try (var insert = connection.prepareStatement(INSERT)) {
            insert.setString(1, added.tenant().value());
            insert.setString(2, added.agent().value());
            insert.setInt(3, added.number());
            insert.setString(4, added.id());
            insert.setString(5, added.name());
            insert.setString(6, added.systemPrompt().orElse(null));
            insert.setString(7, added.releaseNotes().orElse(null));
            insert.setString(8, added.knowledgeFilesJson().orElse(null));
            insert.setString(9, SqlTime.text(added.createdAt()));
            insert.setString(10, SqlTime.text(added.updatedAt()));
            insert.executeUpdate();
          }
          return Optional.of(added);
        });
  }

  /**
   * Changes texts of a version in one step; the change may be asked for more than once.
   *
   * @throws StaleException when the guard does not allow its state
   */
  public Optional<VersionRow> update(
      TenantId tenant,
      AgentName agent,
      Which which,
      Instant at,
      IfMatch guard,
      UnaryOperator<VersionRow> change) {
    return database.write(
        connection -> {
          lock(connection, tenant, agent);
          var old = find(connection, tenant, agent, which);
          if (old.isEmpty()) {
            return old;
          }
          StaleException.require(guard, old.get().tag());
          var changed = change.apply(old.get());
          try (var update = connection.prepareStatement(UPDATE)) {
            update.setString(1, changed.name());
            update.setString(2, changed.systemPrompt().orElse(null));
            update.setString(3, changed.releaseNotes().orElse(null));
            update.setString(4, changed.knowledgeFilesJson().orElse(null));
            update.setString(5, SqlTime.text(at));
            update.setString(6, tenant.value());
            update.setString(7, agent.value());
            update.setInt(8, changed.number());
            update.executeUpdate();
          }
          return find(connection, tenant, agent, which);
        });
  }

  /**
   * Makes one version the active one; empty when there is none like that.
   *
   * @throws StaleException when the guard does not allow the state of the one to be activated
   */
  public Optional<VersionRow> activate(
      TenantId tenant, AgentName agent, Which which, Instant at, IfMatch guard) {
    return database.write(
        connection -> {
          lock(connection, tenant, agent);
          var row = find(connection, tenant, agent, which);
          if (row.isEmpty()) {
            return row;
          }
          StaleException.require(guard, row.get().tag());
          setActive(connection, row.get(), at, " AND active = 1 AND number <> ?", 0);
          setActive(connection, row.get(), at, " AND active = 0 AND number = ?", 1);
          return find(connection, tenant, agent, which);
        });
  }

  private static void setActive(
      Connection connection, VersionRow row, Instant at, String which, int active)
      throws SQLException {
    try (var update =
        connection.prepareStatement(
            "UPDATE agent_versions SET active = ?, updated_at = ?, revision = revision + 1"
                + " WHERE tenant = ? AND agent = ?"
                + which)) {
      update.setInt(1, active);
      update.setString(2, SqlTime.text(at));
      update.setString(3, row.tenant().value());
      update.setString(4, row.agent().value());
      update.setInt(5, row.number());
      update.executeUpdate();
    }
  }

  /**
   * Takes a version away; what is gone, or empty when there is no such version.
   *
   * @throws StaleException when the guard does not allow its state
   */
  public Optional<VersionRow> delete(TenantId tenant, AgentName agent, Which which, IfMatch guard) {
    return database.write(
        connection -> {
          lock(connection, tenant, agent);
          var row = find(connection, tenant, agent, which);
          if (row.isEmpty()) {
            return row;
          }
          StaleException.require(guard, row.get().tag());
          try (var delete =
              connection.prepareStatement("DELETE FROM agent_versions WHERE id = ?")) {
            delete.setString(1, row.get().id());
            delete.executeUpdate();
          }
          return row;
        });
  }

  static void deleteAll(Connection connection, TenantId tenant, AgentName agent)
      throws SQLException {
    lock(connection, tenant, agent);
    try (var delete = connection.prepareStatement("DELETE" + OF_AGENT)) {
      delete.setString(1, tenant.value());
      delete.setString(2, agent.value());
      delete.executeUpdate();
    }
  }

  /** Holds the agent's row until the transaction ends; false when there is none. */
  private static boolean lock(Connection connection, TenantId tenant, AgentName agent)
      throws SQLException {
    try (var touch =
        connection.prepareStatement(
            "UPDATE agents SET version = version WHERE tenant = ? AND name = ?")) {
      touch.setString(1, tenant.value());
      touch.setString(2, agent.value());
      return touch.executeUpdate() > 0;
    }
  }

  private static boolean isAgent(Connection connection, TenantId tenant, AgentName agent)
      throws SQLException {
    try (var select =
        connection.prepareStatement("SELECT 1 FROM agents WHERE tenant = ? AND name = ?")) {
      select.setString(1, tenant.value());
      select.setString(2, agent.value());
      try (var rows = select.executeQuery()) {
        return rows.next();
      }
    }
  }

  private static int next(Connection connection, TenantId tenant, AgentName agent)
      throws SQLException {
    try (var select =
        connection.prepareStatement("SELECT COALESCE(MAX(number), 0) + 1" + OF_AGENT)) {
      select.setString(1, tenant.value());
      select.setString(2, agent.value());
      try (var rows = select.executeQuery()) {
        rows.next();
        return rows.getInt(1);
      }
    }
  }

  private static Optional<VersionRow> find(
      Connection connection, TenantId tenant, AgentName agent, Which which) throws SQLException {
    return switch (which) {
      case Which.Numbered(var number) ->
          select(connection, tenant, agent, " AND number = " + number, Optional.empty()).stream()
              .findFirst();
      case Which.Id(var id) ->
          select(connection, tenant, agent, " AND id = ?", Optional.of(id)).stream().findFirst();
    };
  }

  private static List<VersionRow> select(
      Connection connection, TenantId tenant, AgentName agent, String rest, Optional<String> third)
      throws SQLException {
    var found = new ArrayList<VersionRow>();
    try (var select = connection.prepareStatement("SELECT " + COLUMNS + OF_AGENT + rest)) {
      select.setString(1, tenant.value());
      select.setString(2, agent.value());
      if (third.isPresent()) {
        select.setString(3, third.get());
      }
      try (var rows = select.executeQuery()) {
        while (rows.next()) {
          found.add(row(rows));
        }
      }
    }
    return found;
  }

  private static VersionRow row(ResultSet rows) throws SQLException {
    return new VersionRow(
        new TenantId(rows.getString(1)),
        new AgentName(rows.getString(2)),
        rows.getInt(3),
        rows.getString(4),
        rows.getString(5),
        Optional.ofNullable(rows.getString(6)),
        Optional.ofNullable(rows.getString(7)),
        Optional.ofNullable(rows.getString(8)),
        rows.getInt(9) == 1,
        SqlTime.instant(rows.getString(10)),
        SqlTime.instant(rows.getString(11)),
        rows.getLong(12));
  }

  private static VersionRow numbered(VersionRow row, int number) {
    return new VersionRow(
        row.tenant(),
        row.agent(),
        number,
        row.id(),
        row.name(),
        row.systemPrompt(),
        row.releaseNotes(),
        row.knowledgeFilesJson(),
        row.active(),
        row.createdAt(),
        row.updatedAt(),
        row.revision());
  }

  /** What names a version of an agent. */
  public sealed interface Which {
    record Numbered(int number) implements Which {}

    record Id(String id) implements Which {}
  }
}
