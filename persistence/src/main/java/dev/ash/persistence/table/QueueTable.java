package dev.ash.persistence.table;

import dev.ash.persistence.Database;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The queue of all tenants: what clients ask of it. Work on its items is {@link QueueClaims}.
 *
 * <p>Statuses are pending, processing, completed, failed and cancelled.
 */
public final class QueueTable {
  static final String COLUMNS =
      "id, tenant, agent, prompt, session_id, session_given, status, priority, retry_count,"
          + " max_retries, error, created_at, started_at, completed_at, claims, takeovers, turn,"
          + " turn_cursor";

  /** What one listing may bring into memory, in characters of prompts. */
  private static final long LISTED_CHARACTERS = 32L << 20;

  private static final int FETCH = 16;

  private final Database database;

  public QueueTable(Database database) {
    this.database = database;
  }

  /** The item that is stored from now on: the given one, or what was there under its id. */
  public QueueRow insert(QueueRow row) {
    return database.write(
        connection -> {
          try (var insert =
              connection.prepareStatement(
                  """
                  INSERT INTO queue_items (id, tenant, agent, prompt, session_id, session_given,
                    status, priority, retry_count, max_retries, created_at, retry_after_ms,
                    lease_until_ms, claims)
                  VALUES (?, ?, ?, ?, ?, ?, 'pending', ?, 0, ?, ?, 0, 0, 0)
                  ON CONFLICT (id) DO NOTHING""")) {
            insert.setString(1, row.id());
            insert.setString(2, row.tenant().value());
            insert.setString(3, row.agent());
            insert.setString(4, row.promptJson());
            insert.setString(5, row.session().map(SessionId::value).orElse(null));
            insert.setInt(6, row.sessionGiven() ? 1 : 0);
            insert.setInt(7, row.priority());
            insert.setInt(8, row.maxRetries());
            insert.setString(9, SqlTime.text(row.createdAt()));
            insert.executeUpdate();
          }
          try (var select =
              connection.prepareStatement("SELECT " + COLUMNS + " FROM queue_items WHERE id = ?")) {
            select.setString(1, row.id());
            return one(select).orElse(row);
          }
        });
  }

  /** Empty also when the item is another tenant's. */
  public Optional<QueueRow> find(TenantId tenant, String id) {
    return database.read(
        connection -> {
          try (var select =
              connection.prepareStatement(
                  "SELECT " + COLUMNS + " FROM queue_items WHERE tenant = ? AND id = ?")) {
            select.setString(1, tenant.value());
            select.setString(2, id);
            return one(select);
          }
        });
  }

  /** Newest first; fewer than wanted where prompts are so long that they would fill the memory. */
  public List<QueueRow> list(TenantId tenant, Optional<String> status, int limit) {
    var condition = status.isPresent() ? " AND status = ?" : "";
    return database.read(
        connection -> {
          var found = new ArrayList<QueueRow>();
          try (var select =
              connection.prepareStatement(
                  "SELECT %s FROM queue_items WHERE tenant = ?%s ORDER BY created_at DESC, id LIMIT %d"
                      .formatted(COLUMNS, condition, limit))) {
            select.setFetchSize(FETCH);
            select.setString(1, tenant.value());
            if (status.isPresent()) {
              select.setString(2, status.get());
            }
            try (var rows = select.executeQuery()) {
              var characters = 0L;
              while (characters < LISTED_CHARACTERS && rows.next()) {
                var row = row(rows);
                characters += row.promptJson().length();
                found.add(row);
              }
            }
          }
          return found;
        });
  }

  /** A status without items is missing. */
  public Map<String, Long> countByStatus(TenantId tenant) {
    return database.read(
        connection -> {
          var counts = new TreeMap<String, Long>();
          try (var select =
              connection.prepareStatement(
                  "SELECT status, COUNT(*) FROM queue_items WHERE tenant = ? GROUP BY status")) {
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

  /** Cancels an item that has not ended; empty when there is none that could be. */
  public Optional<QueueRow> cancel(TenantId tenant, String id) {
    return database.write(
        connection -> {
          try (var update =
              connection.prepareStatement(
                  "UPDATE queue_items SET status = 'cancelled' WHERE tenant = ? AND id = ?"
                      + " AND status IN ('pending', 'processing') RETURNING "
                      + COLUMNS)) {
            update.setString(1, tenant.value());
            update.setString(2, id);
            return one(update);
          }
        });
  }

  static Optional<QueueRow> one(PreparedStatement statement) throws SQLException {
    try (var rows = statement.executeQuery()) {
      return rows.next() ? Optional.of(row(rows)) : Optional.empty();
    }
  }

  private static QueueRow row(ResultSet rows) throws SQLException {
    var turn = rows.getLong(17);
    var cursor = rows.getString(18);
    return new QueueRow(
        rows.getString(1),
        new TenantId(rows.getString(2)),
        rows.getString(3),
        rows.getString(4),
        Optional.ofNullable(rows.getString(5)).map(SessionId::new),
        rows.getInt(6) == 1,
        rows.getString(7),
        rows.getInt(8),
        rows.getInt(9),
        rows.getInt(10),
        Optional.ofNullable(rows.getString(11)),
        SqlTime.instant(rows.getString(12)),
        time(rows.getString(13)),
        time(rows.getString(14)),
        rows.getLong(15),
        rows.getInt(16),
        Optional.ofNullable(cursor).map(text -> new QueueRow.Turn(turn, text)));
  }

  private static Optional<Instant> time(@Nullable String text) {
    return Optional.ofNullable(text).map(SqlTime::instant);
  }
}
