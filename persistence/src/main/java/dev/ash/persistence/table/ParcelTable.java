package dev.ash.persistence.table;

import dev.ash.persistence.Database;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Messages between nodes that are too large to be sent, kept until they are old. Blocks. */
public final class ParcelTable {
  private static final Duration KEPT = Duration.ofMinutes(10);

  private final Database database;

  public ParcelTable(Database database) {
    this.database = database;
  }

  /**
   * A message in its serialized form.
   *
   * @param serializer number of the serializer that wrote it
   * @param manifest its word for the type
   * @param body in base64
   */
  public record Parcel(int serializer, String manifest, String body) {}

  /** Keeps one, and forgets those that are old: whoever wanted them has given up. */
  public void put(String id, Parcel parcel, Instant now) {
    database.write(
        connection -> {
          try (var delete =
              connection.prepareStatement("DELETE FROM parcel WHERE created_at_ms < ?")) {
            delete.setLong(1, now.minus(KEPT).toEpochMilli());
            delete.executeUpdate();
          }
          try (var insert =
              connection.prepareStatement(
                  "INSERT INTO parcel (id, serializer, manifest, body, created_at_ms)"
                      + " VALUES (?, ?, ?, ?, ?)")) {
            insert.setString(1, id);
            insert.setInt(2, parcel.serializer());
            insert.setString(3, parcel.manifest());
            insert.setString(4, parcel.body());
            insert.setLong(5, now.toEpochMilli());
            return insert.executeUpdate();
          }
        });
  }

  /** May be read more than once, as a question may be asked again. */
  public Optional<Parcel> get(String id) {
    return database.read(
        connection -> {
          try (var select =
              connection.prepareStatement(
                  "SELECT serializer, manifest, body FROM parcel WHERE id = ?")) {
            select.setString(1, id);
            try (var row = select.executeQuery()) {
              return row.next()
                  ? Optional.of(new Parcel(row.getInt(1), row.getString(2), row.getString(3)))
                  : Optional.empty();
            }
          }
        });
  }
}
