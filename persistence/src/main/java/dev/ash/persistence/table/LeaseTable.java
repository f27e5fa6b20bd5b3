package dev.ash.persistence.table;

import dev.ash.config.DatabaseConfig;
import dev.ash.persistence.SeparateConnection;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;

/**
 * The lease that decides which side of a divided cluster goes on. Each call has a connection of its
 * own with short time-outs, and the database's clock: the pools may be exhausted and the nodes'
 * clocks wrong when it matters. Blocks.
 */
public final class LeaseTable {
  private final SeparateConnection connection;

  public LeaseTable(DatabaseConfig.Postgres database, Duration patience) {
    this.connection = new SeparateConnection(database, patience);
  }

  /**
   * Takes the lease, or keeps it, for some time.
   *
   * @param side the nodes that {@code owner} sees, with itself; any of them may take over from it
   * @return whether {@code owner} has it now
   */
  public boolean acquire(String name, String owner, Set<String> side, Duration time)
      throws SQLException {
    return connection.inTransaction(
        c -> {
          insertExpired(c, name, owner);
          return mayTake(c, name, owner) && update(c, name, owner, side, time);
        });
  }

  /** Gives the lease up; nothing happens if another has it. */
  public void release(String name, String owner) throws SQLException {
    connection.inTransaction(
        c -> {
          try (var delete =
              c.prepareStatement("DELETE FROM cluster_lease WHERE name = ? AND owner = ?")) {
            delete.setString(1, name);
            delete.setString(2, owner);
            return delete.executeUpdate();
          }
        });
  }

  /** So that there is a row to lock. */
  private static void insertExpired(Connection c, String name, String owner) throws SQLException {
    try (var insert =
        c.prepareStatement(
            "INSERT INTO cluster_lease (name, owner, side, expires_at_ms) VALUES (?, ?, '', 0)"
                + " ON CONFLICT (name) DO NOTHING")) {
      insert.setString(1, name);
      insert.setString(2, owner);
      insert.executeUpdate();
    }
  }

  private static boolean mayTake(Connection c, String name, String owner) throws SQLException {
    try (var select =
        c.prepareStatement(
            "SELECT owner, side, expires_at_ms <= "
                + SeparateConnection.NOW_MS
                + " FROM cluster_lease WHERE name = ? FOR UPDATE")) {
      select.setString(1, name);
      try (var row = select.executeQuery()) {
        return row.next()
            && (row.getString(1).equals(owner)
                || row.getBoolean(3)
                || Set.of(row.getString(2).split(" ")).contains(owner));
      }
    }
  }

  private static boolean update(
      Connection c, String name, String owner, Set<String> side, Duration time)
      throws SQLException {
    try (var update =
        c.prepareStatement(
            "UPDATE cluster_lease SET owner = ?, side = ?, expires_at_ms = "
                + SeparateConnection.NOW_MS
                + " + ? WHERE name = ?")) {
      update.setString(1, owner);
      update.setString(2, String.join(" ", new TreeSet<>(side)));
      update.setLong(3, time.toMillis());
      update.setString(4, name);
      return update.executeUpdate() == 1;
    }
  }
}
