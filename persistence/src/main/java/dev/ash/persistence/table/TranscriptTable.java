package dev.ash.persistence.table;

import dev.ash.persistence.Database;
import dev.ash.protocol.id.SessionId;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * The agents' own transcripts, in chunks that are only ever appended. A session has one writer; a
 * second one that appends at the same moment fails, it does not interleave.
 */
public final class TranscriptTable {
  private static final String APPEND =
      """
      INSERT INTO transcript (session_id, chunk, path, lines)
      SELECT ?, COALESCE(MAX(chunk), 0) + 1, ?, ? FROM transcript WHERE session_id = ?
      RETURNING chunk""";

  private static final String COPY =
      """
      INSERT INTO transcript (session_id, chunk, path, lines)
      SELECT ?, chunk, path, lines FROM transcript WHERE session_id = ?
      ON CONFLICT (session_id, chunk) DO NOTHING""";

  /** A chunk may be a megabyte, and the driver holds what it has fetched. */
  private static final int FETCH = 8;

  private final Database database;

  public TranscriptTable(Database database) {
    this.database = database;
  }

  /**
   * Appends lines, ended by line feeds as the agent wrote them; answers the chunk's number, from 1.
   *
   * @param path which of the agent's transcript files they belong to
   * @throws IllegalArgumentException for text with a NUL, which PostgreSQL cannot hold
   */
  public long append(SessionId session, String path, String lines) {
    refuseNul("path", path);
    refuseNul("lines", lines);
    return database.write(
        connection -> {
          try (var append = connection.prepareStatement(APPEND)) {
            append.setString(1, session.value());
            append.setString(2, path);
            append.setString(3, lines);
            append.setString(4, session.value());
            try (var rows = append.executeQuery()) {
              rows.next();
              return rows.getLong(1);
            }
          }
        });
  }

  /** Hands over every chunk in order, one at a time; answers how many there were. */
  public long readAll(SessionId session, Consumer<Chunk> consumer) {
    // A read that runs again goes on where it was broken off: chunks never change.
    var last = new AtomicLong();
    var count = new AtomicLong();
    return database.read(
        connection -> {
          try (var select =
              connection.prepareStatement(
                  "SELECT chunk, path, lines FROM transcript"
                      + " WHERE session_id = ? AND chunk > ? ORDER BY chunk")) {
            select.setString(1, session.value());
            select.setLong(2, last.get());
            select.setFetchSize(FETCH);
            try (var rows = select.executeQuery()) {
              while (rows.next()) {
                var chunk = new Chunk(rows.getLong(1), rows.getString(2), rows.getString(3));
                consumer.accept(chunk);
                last.set(chunk.number());
                count.incrementAndGet();
              }
            }
          }
          return count.get();
        });
  }

  /** Gives a fork its parent's transcript. Doing it again changes nothing. */
  public int copy(SessionId from, SessionId to) {
    return database.write(
        connection -> {
          try (var copy = connection.prepareStatement(COPY)) {
            copy.setString(1, to.value());
            copy.setString(2, from.value());
            return copy.executeUpdate();
          }
        });
  }

  public int delete(SessionId session) {
    return database.write(
        connection -> {
          try (var delete =
              connection.prepareStatement("DELETE FROM transcript WHERE session_id = ?")) {
            delete.setString(1, session.value());
            return delete.executeUpdate();
          }
        });
  }

  private static void refuseNul(String name, String text) {
    var at = text.indexOf('\0');
    if (at >= 0) {
      throw new IllegalArgumentException(
          "%s: NUL at character %d (expected: none)".formatted(name, at));
    }
  }

  /** Some lines of one transcript file. */
  public record Chunk(long number, String path, String lines) {}
}
