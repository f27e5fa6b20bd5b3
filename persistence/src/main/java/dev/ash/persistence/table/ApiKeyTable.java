package dev.ash.persistence.table;

import dev.ash.persistence.Database;
import dev.ash.protocol.id.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** API keys by their hash; a key itself is never here. */
public final class ApiKeyTable {
  private static final String SELECT =
      "SELECT id, tenant, key_hash, label, created_at FROM api_keys";

  private final Database database;

  public ApiKeyTable(Database database) {
    this.database = database;
  }

  public void insert(ApiKeyRow key) {
    database.write(
        connection -> {
          try (var insert =
              connection.prepareStatement(
                  "INSERT INTO api_keys (id, tenant, key_hash, label, created_at) VALUES (?, ?, ?, ?, ?)")) {
            insert.setString(1, key.id());
            insert.setString(2, key.tenant().value());
            insert.setString(3, key.keyHash());
            insert.setString(4, key.label());
            insert.setString(5, SqlTime.text(key.createdAt()));
            return insert.executeUpdate();
          }
        });
  }

  public Optional<ApiKeyRow> findByHash(String keyHash) {
    return select(" WHERE key_hash = ?", keyHash).stream().findFirst();
  }

  /** Newest first. */
  public List<ApiKeyRow> list(TenantId tenant) {
    return select(" WHERE tenant = ? ORDER BY created_at DESC, id", tenant.value());
  }

  /** False when the tenant has no such key. */
  public boolean delete(TenantId tenant, String id) {
    return database.write(
        connection -> {
          try (var delete =
              connection.prepareStatement("DELETE FROM api_keys WHERE tenant = ? AND id = ?")) {
            delete.setString(1, tenant.value());
            delete.setString(2, id);
            return delete.executeUpdate() > 0;
          }
        });
  }

  /** Whether any tenant has a key. */
  public boolean any() {
    return database.read(
        connection -> {
          try (var select = connection.prepareStatement("SELECT 1 FROM api_keys LIMIT 1");
              var rows = select.executeQuery()) {
            return rows.next();
          }
        });
  }

  private List<ApiKeyRow> select(String condition, String value) {
    return database.read(
        connection -> {
          var found = new ArrayList<ApiKeyRow>();
          try (var select = connection.prepareStatement(SELECT + condition)) {
            select.setString(1, value);
            try (var rows = select.executeQuery()) {
              while (rows.next()) {
                found.add(row(rows));
              }
            }
          }
          return found;
        });
  }

  private static ApiKeyRow row(ResultSet rows) throws SQLException {
    return new ApiKeyRow(
        rows.getString(1),
        new TenantId(rows.getString(2)),
        rows.getString(3),
        rows.getString(4),
        SqlTime.instant(rows.getString(5)));
  }

  /** A key as it is stored. */
  public record ApiKeyRow(
      String id, TenantId tenant, String keyHash, String label, Instant createdAt) {}
}
