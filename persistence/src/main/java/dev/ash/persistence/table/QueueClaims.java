package dev.ash.persistence.table;

import dev.ash.persistence.Database;
import dev.ash.persistence.Database.Dialect;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Work on the queue's items. Who claims one has it for some time and has to renew it; each change
 * names the claim, and one by an owner of the past changes nothing. Times of leases are those of
 * the nodes' clocks.
 *
 * <p>A lease that was given back is 0. One that is over and is not 0 is that of an owner who fell
 * silent: such takeovers are counted, for an item may be what ends its owners. They are counted for
 * all that the owner had, since an item is sent as soon as it is claimed, and which of the turns
 * that ran ended the owner nobody can tell.
 */
public final class QueueClaims {
  private static final String DUE =
      "((status = 'pending' AND retry_after_ms <= ?)"
          + " OR (status = 'processing' AND lease_until_ms <= ?))";

  private static final String MINE = " WHERE id = ? AND claims = ? AND status = 'processing'";

  private final Database database;

  public QueueClaims(Database database) {
    this.database = database;
  }

  /** Tenants that have an item to be worked on, and how many of each are worked on now. */
  public Map<TenantId, Integer> waiting(Instant now) {
    return database.read(
        connection -> {
          var busy = new HashMap<TenantId, Integer>();
          try (var select =
              connection.prepareStatement("SELECT DISTINCT tenant FROM queue_items WHERE " + DUE)) {
            select.setLong(1, now.toEpochMilli());
            select.setLong(2, now.toEpochMilli());
            try (var rows = select.executeQuery()) {
              while (rows.next()) {
                busy.put(new TenantId(rows.getString(1)), 0);
              }
            }
          }
          if (busy.isEmpty()) {
            return busy;
          }
          try (var select =
              connection.prepareStatement(
                  "SELECT tenant, COUNT(*) FROM queue_items"
                      + " WHERE status = 'processing' AND lease_until_ms > ? GROUP BY tenant")) {
            select.setLong(1, now.toEpochMilli());
            try (var rows = select.executeQuery()) {
              while (rows.next()) {
                var count = rows.getInt(2);
                busy.computeIfPresent(new TenantId(rows.getString(1)), (_, _) -> count);
              }
            }
          }
          return busy;
        });
  }

  /**
   * An item that a silent owner had, else the tenant's most urgent; nobody else gets it before the
   * lease is over. Each is the first row of an index that does, however many wait.
   */
  public Optional<QueueRow> claim(TenantId tenant, String owner, Instant now, Instant until) {
    return database.write(
        connection -> {
          var left =
              claim(
                  connection,
                  "status = 'processing' AND lease_until_ms <= ?",
                  tenant,
                  owner,
                  now,
                  until);
          return left.isPresent()
              ? left
              : claim(
                  connection,
                  "status = 'pending' AND retry_after_ms <= ?",
                  tenant,
                  owner,
                  now,
                  until);
        });
  }

  private Optional<QueueRow> claim(
      Connection connection, String due, TenantId tenant, String owner, Instant now, Instant until)
      throws SQLException {
    var lock = database.dialect() == Dialect.POSTGRESQL ? " FOR UPDATE SKIP LOCKED" : "";
    try (var update =
        connection.prepareStatement(
            """
            UPDATE queue_items SET
              started_at = CASE WHEN status = 'pending' THEN ? ELSE started_at END,
              takeovers = CASE WHEN status = 'processing' AND lease_until_ms > 0
                THEN takeovers + 1 ELSE takeovers END,
              status = 'processing', owner = ?, lease_until_ms = ?, claims = claims + 1
            WHERE id = (
              SELECT id FROM queue_items WHERE tenant = ? AND %s
              ORDER BY priority DESC, created_at, id LIMIT 1%s)
            RETURNING %s"""
                .formatted(due, lock, QueueTable.COLUMNS))) {
      update.setString(1, SqlTime.text(now));
      update.setString(2, owner);
      update.setLong(3, until.toEpochMilli());
      update.setString(4, tenant.value());
      update.setLong(5, now.toEpochMilli());
      return QueueTable.one(update);
    }
  }

  /** The items that the owner still has; what it had and is not here was cancelled or lost. */
  public Set<String> renew(String owner, Instant until) {
    return database.write(
        connection -> {
          var kept = new HashSet<String>();
          try (var update =
              connection.prepareStatement(
                  "UPDATE queue_items SET lease_until_ms = ?"
                      + " WHERE owner = ? AND status = 'processing' RETURNING id")) {
            update.setLong(1, until.toEpochMilli());
            update.setString(2, owner);
            try (var rows = update.executeQuery()) {
              while (rows.next()) {
                kept.add(rows.getString(1));
              }
            }
          }
          return kept;
        });
  }

  /** Lets others have what the owner has, at once. */
  public int release(String owner) {
    return database.write(
        connection -> {
          try (var update =
              connection.prepareStatement(
                  "UPDATE queue_items SET lease_until_ms = 0"
                      + " WHERE owner = ? AND status = 'processing'")) {
            update.setString(1, owner);
            return update.executeUpdate();
          }
        });
  }

  /**
   * Ends every lease that was not given back: for a node that is alone with its database and had
   * them in another life, which ended before it could.
   */
  public int endAll() {
    return database.write(
        connection -> {
          try (var update =
              connection.prepareStatement(
                  "UPDATE queue_items SET lease_until_ms = 1"
                      + " WHERE status = 'processing' AND lease_until_ms > 1")) {
            return update.executeUpdate();
          }
        });
  }

  /** Notes where the attempt runs. */
  public boolean began(QueueRow item, SessionId session, QueueRow.Turn turn) {
    return change(
        "session_id = ?, turn = ?, turn_cursor = ?",
        item,
        statement -> {
          statement.setString(1, session.value());
          statement.setLong(2, turn.number());
          statement.setString(3, turn.cursor());
          return 4;
        });
  }

  public boolean completed(QueueRow item, Instant at) {
    return change(
        "status = 'completed', error = NULL, completed_at = ?",
        item,
        statement -> {
          statement.setString(1, SqlTime.text(at));
          return 2;
        });
  }

  public boolean failed(QueueRow item, String error, Instant at) {
    return change(
        "status = 'failed', error = ?, completed_at = ?",
        item,
        statement -> {
          statement.setString(1, error);
          statement.setString(2, SqlTime.text(at));
          return 3;
        });
  }

  /** Begins anew later: the next attempt is another one, with a turn of its own. */
  public boolean retryLater(QueueRow item, String error, Instant at) {
    return change(
        "status = 'pending', retry_count = retry_count + 1, takeovers = 0, turn = NULL,"
            + " turn_cursor = NULL, error = ?, retry_after_ms = ?",
        item,
        statement -> {
          statement.setString(1, error);
          statement.setLong(2, at.toEpochMilli());
          return 3;
        });
  }

  /** Goes on later with the same attempt. */
  public boolean postpone(QueueRow item, String error, Instant at) {
    return change(
        "status = 'pending', takeovers = 0, error = ?, retry_after_ms = ?",
        item,
        statement -> {
          statement.setString(1, error);
          statement.setLong(2, at.toEpochMilli());
          return 3;
        });
  }

  /** Sets the question marks of a change; answers the number of the next one. */
  @FunctionalInterface
  private interface Values {
    int set(PreparedStatement statement) throws SQLException;
  }

  private boolean change(String what, QueueRow item, Values values) {
    return database.write(
        connection -> {
          try (var update = connection.prepareStatement("UPDATE queue_items SET " + what + MINE)) {
            var next = values.set(update);
            update.setString(next, item.id());
            update.setLong(next + 1, item.claims());
            return update.executeUpdate() == 1;
          }
        });
  }
}
