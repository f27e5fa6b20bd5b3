package dev.ash.persistence.table;

import dev.ash.persistence.Database;
import dev.ash.protocol.id.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Tenants' credentials as they were sealed; what is inside cannot be read here. */
public final class CredentialTable {
  private static final String COLUMNS =
      "id, tenant, type, label, key_id, salt, iv, box, created_at, last_used_at";

  private final Database database;

  public CredentialTable(Database database) {
    this.database = database;
  }

  public void insert(CredentialRow row) {
    database.write(
        connection -> {
          try (var insert =
              connection.prepareStatement(
                  "INSERT INTO credentials ("
                      + COLUMNS
                      + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)")) {
            insert.setString(1, row.id());
            insert.setString(2, row.tenant().value());
            insert.setString(3, row.type());
            insert.setString(4, row.label());
            insert.setString(5, row.box().keyId());
            insert.setString(6, row.box().salt());
            insert.setString(7, row.box().iv());
            insert.setString(8, row.box().bytes());
            insert.setString(9, SqlTime.text(row.createdAt()));
            return insert.executeUpdate();
          }
        });
  }

  /** Newest first. */
  public List<CredentialRow> list(TenantId tenant) {
    return select(" WHERE tenant = ? ORDER BY created_at DESC, id", tenant.value());
  }

  /** Empty also when the credential is another tenant's. */
  public Optional<CredentialRow> find(TenantId tenant, String id) {
    return select(" WHERE id = ?", id).stream()
        .filter(row -> row.tenant().equals(tenant))
        .findFirst();
  }

  /** Of all tenants, what was not sealed with this key. */
  public List<CredentialRow> notSealedWith(String keyId) {
    return select(" WHERE key_id <> ? ORDER BY id", keyId);
  }

  /** False when the tenant has no such credential. */
  public boolean delete(TenantId tenant, String id) {
    return database.write(
        connection -> {
          try (var delete =
              connection.prepareStatement("DELETE FROM credentials WHERE tenant = ? AND id = ?")) {
            delete.setString(1, tenant.value());
            delete.setString(2, id);
            return delete.executeUpdate() > 0;
          }
        });
  }

  /** Seals a credential with another key; nothing happens if somebody else has done so. */
  public boolean replace(CredentialRow old, Box box) {
    return database.write(
        connection -> {
          try (var update =
              connection.prepareStatement(
                  "UPDATE credentials SET key_id = ?, salt = ?, iv = ?, box = ?"
                      + " WHERE id = ? AND box = ?")) {
            update.setString(1, box.keyId());
            update.setString(2, box.salt());
            update.setString(3, box.iv());
            update.setString(4, box.bytes());
            update.setString(5, old.id());
            update.setString(6, old.box().bytes());
            return update.executeUpdate() == 1;
          }
        });
  }

  /** Notes a use, unless a later one is noted already. */
  public void used(String id, Instant at) {
    database.write(
        connection -> {
          try (var update =
              connection.prepareStatement(
                  "UPDATE credentials SET last_used_at = ?"
                      + " WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)")) {
            update.setString(1, SqlTime.text(at));
            update.setString(2, id);
            update.setString(3, SqlTime.text(at));
            return update.executeUpdate();
          }
        });
  }

  private List<CredentialRow> select(String condition, String value) {
    return database.read(
        connection -> {
          var found = new ArrayList<CredentialRow>();
          try (var select =
              connection.prepareStatement("SELECT " + COLUMNS + " FROM credentials" + condition)) {
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

  private static CredentialRow row(ResultSet rows) throws SQLException {
    return new CredentialRow(
        rows.getString(1),
        new TenantId(rows.getString(2)),
        rows.getString(3),
        rows.getString(4),
        new Box(rows.getString(5), rows.getString(6), rows.getString(7), rows.getString(8)),
        SqlTime.instant(rows.getString(9)),
        Optional.ofNullable(rows.getString(10)).map(SqlTime::instant));
  }

  /** A credential as it is stored. */
  public record CredentialRow(
      String id,
      TenantId tenant,
      String type,
      String label,
      Box box,
      Instant createdAt,
      Optional<Instant> lastUsedAt) {}

  /**
   * A sealed secret; everything but the key's name is base64.
   *
   * @param keyId names the master key
   */
  public record Box(String keyId, String salt, String iv, String bytes) {}
}
