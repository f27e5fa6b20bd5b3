package dev.ash.persistence.table;

import dev.ash.persistence.Database;
import dev.ash.protocol.id.Digest;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What clients attached to sessions; the contents are blobs. */
public final class AttachmentTable {
  private static final String COLUMNS =
      "id, tenant, session_id, message_id, filename, mime_type, size, blob, created_at";

  private final Database database;

  public AttachmentTable(Database database) {
    this.database = database;
  }

  public void insert(AttachmentRow row) {
    database.write(
        connection -> {
          try (var insert =
              connection.prepareStatement(
                  "INSERT INTO attachments (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
            insert.setString(1, row.id());
            insert.setString(2, row.tenant().value());
            insert.setString(3, row.session().value());
            insert.setString(4, row.message().orElse(null));
            insert.setString(5, row.filename());
            insert.setString(6, row.mimeType());
            insert.setLong(7, row.size());
            insert.setString(8, row.blob().hex());
            insert.setString(9, SqlTime.text(row.createdAt()));
            return insert.executeUpdate();
          }
        });
  }

  /** Oldest first. */
  public List<AttachmentRow> list(TenantId tenant, SessionId session) {
    return select(
        " WHERE tenant = ? AND session_id = ? ORDER BY created_at, id", tenant, session.value());
  }

  /** Empty also when it is another tenant's. */
  public Optional<AttachmentRow> find(TenantId tenant, String id) {
    return select(" WHERE tenant = ? AND id = ?", tenant, id).stream().findFirst();
  }

  /** False when the tenant has no such attachment. */
  public boolean delete(TenantId tenant, String id) {
    return database.write(
        connection -> {
          try (var delete =
              connection.prepareStatement("DELETE FROM attachments WHERE tenant = ? AND id = ?")) {
            delete.setString(1, tenant.value());
            delete.setString(2, id);
            return delete.executeUpdate() > 0;
          }
        });
  }

  private List<AttachmentRow> select(String condition, TenantId tenant, String value) {
    return database.read(
        connection -> {
          var found = new ArrayList<AttachmentRow>();
          try (var select =
              connection.prepareStatement("SELECT " + COLUMNS + " FROM attachments" + condition)) {
            select.setString(1, tenant.value());
            select.setString(2, value);
            try (var rows = select.executeQuery()) {
              while (rows.next()) {
                found.add(row(rows));
              }
            }
          }
          return found;
        });
  }

  private static AttachmentRow row(ResultSet rows) throws SQLException {
    return new AttachmentRow(
        rows.getString(1),
        new TenantId(rows.getString(2)),
        new SessionId(rows.getString(3)),
        Optional.ofNullable(rows.getString(4)),
        rows.getString(5),
        rows.getString(6),
        rows.getLong(7),
        new Digest(rows.getString(8)),
        SqlTime.instant(rows.getString(9)));
  }

  /**
   * An attachment.
   *
   * @param message the message it belongs to, if one was named
   * @param size bytes
   */
  public record AttachmentRow(
      String id,
      TenantId tenant,
      SessionId session,
      Optional<String> message,
      String filename,
      String mimeType,
      long size,
      Digest blob,
      Instant createdAt) {}
}
