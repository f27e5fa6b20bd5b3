package dev.ash.persistence.table;

import dev.ash.persistence.Database;
import dev.ash.protocol.id.TenantId;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/**
 * What a request with an {@code Idempotency-Key} led to, so that its repetition leads there too.
 */
public final class IdempotencyTable {
  private static final String PUT =
      """
      INSERT INTO idempotency (tenant, scope, key, request, result, created_at)
      VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (tenant, scope, key) DO NOTHING""";

  private static final String GET =
      "SELECT request, result, created_at FROM idempotency WHERE tenant = ? AND scope = ? AND key = ?";

  private final Database database;

  public IdempotencyTable(Database database) {
    this.database = database;
  }

  public Optional<Remembered> get(RequestKey key) {
    return database.read(connection -> get(connection, key));
  }

  /** The entry that is stored from now on: the given one, or whatever was there before it. */
  public Remembered putIfAbsent(RequestKey key, Remembered entry) {
    return database.write(connection -> putIfAbsent(connection, key, entry));
  }

  /** The same as a part of a transaction; whoever comes second waits for the first one's end. */
  static Remembered putIfAbsent(Connection connection, RequestKey key, Remembered entry)
      throws SQLException {
    try (var put = connection.prepareStatement(PUT)) {
      put.setString(1, key.tenant().value());
      put.setString(2, key.scope());
      put.setString(3, key.key());
      put.setString(4, entry.request());
      put.setString(5, entry.result());
      put.setString(6, SqlTime.text(entry.createdAt()));
      if (put.executeUpdate() == 1) {
        return entry;
      }
    }
    return get(connection, key).orElse(entry);
  }

  /** Notes what a request led to that was put in the same transaction. */
  static void result(Connection connection, RequestKey key, String result) throws SQLException {
    try (var update =
        connection.prepareStatement(
            "UPDATE idempotency SET result = ? WHERE tenant = ? AND scope = ? AND key = ?")) {
      update.setString(1, result);
      update.setString(2, key.tenant().value());
      update.setString(3, key.scope());
      update.setString(4, key.key());
      update.executeUpdate();
    }
  }

  /** Forgets old entries; answers how many. */
  public int deleteBefore(Instant time) {
    return database.write(
        connection -> {
          try (var delete =
              connection.prepareStatement("DELETE FROM idempotency WHERE created_at < ?")) {
            delete.setString(1, SqlTime.text(time));
            return delete.executeUpdate();
          }
        });
  }

  static Optional<Remembered> get(Connection connection, RequestKey key) throws SQLException {
    try (var select = connection.prepareStatement(GET)) {
      select.setString(1, key.tenant().value());
      select.setString(2, key.scope());
      select.setString(3, key.key());
      try (var rows = select.executeQuery()) {
        return rows.next()
            ? Optional.of(
                new Remembered(
                    rows.getString(1), rows.getString(2), SqlTime.instant(rows.getString(3))))
            : Optional.empty();
      }
    }
  }

  /**
   * Names a request.
   *
   * @param scope what kind of request, and of which session
   * @param key what the client sent
   */
  public record RequestKey(TenantId tenant, String scope, String key) {}

  /**
   * What is remembered.
   *
   * @param request digest or text by which a different request with the same key is recognised
   * @param result what the caller needs to give the same answer
   */
  public record Remembered(String request, String result, Instant createdAt) {}
}
