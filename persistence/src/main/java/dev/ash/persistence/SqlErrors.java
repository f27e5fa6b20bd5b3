package dev.ash.persistence;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** What a JDBC error means, whichever database it came from. */
final class SqlErrors {
  /** Serialization failure, deadlock. */
  private static final Set<String> LOST_RACE = Set.of("40001", "40P01");

  /** A server whose connections are all taken says so and closes. */
  private static final String TOO_MANY = "53300";

  /** A text that the server's encoding has no place for: of Java's texts, one with a NUL. */
  static final String UNSTORABLE = "22021";

  private static final String DISK_FULL = "53100";
  private static final int PRIMARY_CODE = 0xff;

  /** Connection refused, lost or timed out; and a server that is starting or stopping. */
  private static final List<String> UNREACHABLE = List.of("08", "57P");

  private SqlErrors() {}

  /** Whether the server is away or full; the same may succeed a little later. */
  static boolean isUnreachable(SQLException e) {
    var state = e.getSQLState();
    return e instanceof SQLTransientConnectionException
        || (state != null
            && (state.equals(TOO_MANY) || UNREACHABLE.stream().anyMatch(state::startsWith)));
  }

  /** Whether a text was given that has a NUL. */
  static boolean isUnstorable(SQLException e) {
    return UNSTORABLE.equals(e.getSQLState());
  }

  /** Whether the same transaction may succeed when it runs again. */
  static boolean isLostRace(SQLException e) {
    if (e instanceof SQLiteException sqlite) {
      var code = sqlite.getResultCode().code & PRIMARY_CODE;
      return code == SQLiteErrorCode.SQLITE_BUSY.code || code == SQLiteErrorCode.SQLITE_LOCKED.code;
    }
    return e.getSQLState() != null && LOST_RACE.contains(e.getSQLState());
  }

  /** One line for a person. */
  static String text(SQLException e) {
    var message = Objects.requireNonNullElse(e.getMessage(), e.getClass().getSimpleName());
    var line = message.replaceAll("\\s*\\n\\s*", " ");
    return isFull(e) ? "no space left for the database: " + line : line;
  }

  private static boolean isFull(SQLException e) {
    return e instanceof SQLiteException sqlite
        ? (sqlite.getResultCode().code & PRIMARY_CODE) == SQLiteErrorCode.SQLITE_FULL.code
        : DISK_FULL.equals(e.getSQLState());
  }
}
