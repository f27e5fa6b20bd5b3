package dev.ash.node.session;

import dev.ash.config.DatabaseConfig;
import dev.ash.config.NodeConfig;
import dev.ash.persistence.DatabaseSettings;
import dev.ash.persistence.Migrations;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.journal.SessionLog;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.session.SessionEvent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializers;

/** A database of its own in a folder, with a journal that a test writes row by row. */
public final class JournalRows implements AutoCloseable {
  private final ActorTestKit actors;
  private final PooledDatabase database;

  public JournalRows(Path folder) {
    var config = new DatabaseConfig.Sqlite(folder.resolve("ash.db"));
    Migrations.run(config, InstantSource.system());
    var keys = new HashMap<String, Object>(DatabaseSettings.overrides(config));
    keys.put("pekko.actor.provider", "local");
    keys.put("pekko.loglevel", "WARNING");
    keys.put("pekko.coordinated-shutdown.exit-jvm", "off");
    actors = ActorTestKit.create("journal", NodeConfig.load(keys));
    database = PooledDatabase.alone(config);
  }

  public ActorSystem<?> system() {
    return actors.system();
  }

  public PooledDatabase database() {
    return database;
  }

  public SessionLog log() {
    return new SessionLog(database, actors.system());
  }

  /** Stores a session's next event. */
  public void add(SessionId id, SessionEvent event) {
    var serializer = SerializationExtension.get(actors.system()).findSerializerFor(event);
    add(
        id,
        serializer.toBinary(event),
        serializer.identifier(),
        Serializers.manifestFor(serializer, event));
  }

  /** Stores what no release can read as the session's next event. */
  public void addUnreadable(SessionId id, SessionEvent like) {
    var serializer = SerializationExtension.get(actors.system()).findSerializerFor(like);
    add(
        id,
        "{\"type\":\"of a later release\"}".getBytes(StandardCharsets.UTF_8),
        serializer.identifier(),
        Serializers.manifestFor(serializer, like));
  }

  private void add(SessionId id, byte[] payload, int serializer, String manifest) {
    database.write(
        connection -> {
          try (var insert =
              connection.prepareStatement(
                  """
                  INSERT INTO event_journal (persistence_id, sequence_number, deleted, writer,
                    write_timestamp, adapter_manifest, event_ser_id, event_ser_manifest,
                    event_payload)
                  VALUES (?, (SELECT COALESCE(MAX(sequence_number), 0) + 1 FROM event_journal
                    WHERE persistence_id = ?), false, 'w', 0, '', ?, ?, ?)""")) {
            var name = SessionLog.ENTITY_TYPE + "|" + id.value();
            insert.setString(1, name);
            insert.setString(2, name);
            insert.setInt(3, serializer);
            insert.setString(4, manifest);
            insert.setBytes(5, payload);
            return insert.executeUpdate();
          }
        });
  }

  @Override
  public void close() {
    database.close();
    actors.shutdownTestKit();
  }
}
