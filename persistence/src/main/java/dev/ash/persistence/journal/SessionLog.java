package dev.ash.persistence.journal;

import dev.ash.persistence.Database;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.Marks;
import dev.ash.protocol.session.SessionEvent;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;

/**
 * A session's stored events, read by whoever wants them without asking the entity. Sees exactly
 * what is committed; sequences start at 1 and have no gaps. Threads may share it.
 */
public final class SessionLog {

  /**
   * The entity's type name and so the first part of its persistence id. Stored in every row: never
   * change.
   */
  public static final String ENTITY_TYPE = "session";

  private static final String SELECT =
      """
      SELECT sequence_number, event_payload, event_ser_id, event_ser_manifest
      FROM event_journal
      WHERE persistence_id = ? AND sequence_number > ? AND deleted = false
      ORDER BY sequence_number
      LIMIT ?""";

  /** What the driver may hold of a result before it is asked for more. */
  private static final int FETCH = 64;

  private final Database database;
  private final Serialization serialization;

  public SessionLog(Database database, ActorSystem<?> system) {
    this.database = database;
    this.serialization = SerializationExtension.get(system);
  }

  /**
   * The events after a sequence, in order: at most {@code max}, and no more once they hold {@code
   * maxBytes} as stored. The first is always there, however large.
   *
   * @throws IllegalStateException when one of them cannot be read
   */
  public List<Stored> read(SessionId id, long afterSequence, int max, long maxBytes) {
    return database.read(connection -> events(connection, id, afterSequence, max, maxBytes));
  }

  /** Sequence of the newest event; 0 for a session that never was. */
  public long highest(SessionId id) {
    return database.read(connection -> highest(connection, id));
  }

  /**
   * Sequence of the first event after which the session's counts satisfy a condition, by bisection:
   * once the condition holds it must hold for all later events. One more than the highest sequence
   * when it holds for none.
   */
  public long firstSequenceWhere(SessionId id, Predicate<Marks> condition) {
    return database.read(
        connection -> {
          var low = 1L;
          var high = highest(connection, id) + 1;
          while (low < high) {
            var middle = low + (high - low) / 2;
            var stored = events(connection, id, middle - 1, 1, Long.MAX_VALUE).getFirst();
            if (condition.test(stored.event().marks())) {
              high = middle;
            } else {
              low = stored.sequence() + 1;
            }
          }
          return low;
        });
  }

  /** The newest event of a session. */
  public Optional<Stored> newest(SessionId id) {
    return database.read(
        connection ->
            events(connection, id, highest(connection, id) - 1, 1, Long.MAX_VALUE).stream()
                .findFirst());
  }

  /** The sessions that the newest events of the whole journal belong to. */
  public Set<SessionId> recent(int events) {
    return database.read(
        connection -> {
          var found = new LinkedHashSet<SessionId>();
          try (var select =
              connection.prepareStatement(
                  "SELECT DISTINCT persistence_id FROM event_journal WHERE ordering >"
                      + " (SELECT COALESCE(MAX(ordering), 0) - ? FROM event_journal)")) {
            select.setLong(1, events);
            try (var rows = select.executeQuery()) {
              while (rows.next()) {
                var id = rows.getString(1);
                if (id.startsWith(ENTITY_TYPE + "|")) {
                  SessionId.parse(id.substring(ENTITY_TYPE.length() + 1)).ifPresent(found::add);
                }
              }
            }
          }
          return found;
        });
  }

  private List<Stored> events(
      Connection connection, SessionId id, long afterSequence, int max, long maxBytes)
      throws SQLException {
    var found = new ArrayList<Stored>();
    try (var select = connection.prepareStatement(SELECT)) {
      select.setString(1, persistenceId(id));
      select.setLong(2, afterSequence);
      select.setInt(3, max);
      select.setFetchSize(FETCH);
      try (var rows = select.executeQuery()) {
        var bytes = 0L;
        while (bytes < maxBytes && rows.next()) {
          var payload = rows.getBytes(2);
          bytes += payload.length;
          if (found.isEmpty() || bytes <= maxBytes) {
            found.add(new Stored(rows.getLong(1), event(payload, rows)));
          }
        }
      }
    }
    return found;
  }

  private static long highest(Connection connection, SessionId id) throws SQLException {
    try (var select =
        connection.prepareStatement(
            "SELECT COALESCE(MAX(sequence_number), 0) FROM event_journal WHERE persistence_id = ?")) {
      select.setString(1, persistenceId(id));
      try (var rows = select.executeQuery()) {
        rows.next();
        return rows.getLong(1);
      }
    }
  }

  private SessionEvent event(byte[] payload, ResultSet row) throws SQLException {
    var read = serialization.deserialize(payload, row.getInt(3), row.getString(4));
    if (read.isFailure()) {
      throw new IllegalStateException(
          "event %d cannot be read; it may be of a later release".formatted(row.getLong(1)),
          read.failed().get());
    }
    if (read.get() instanceof SessionEvent event) {
      return event;
    }
    throw new IllegalStateException(
        "event %d: %s (expected: a session event)"
            .formatted(row.getLong(1), read.get().getClass()));
  }

  private static String persistenceId(SessionId id) {
    return ENTITY_TYPE + "|" + id.value();
  }

  /** An event and its place in the journal. */
  public record Stored(long sequence, SessionEvent event) {}
}
