package dev.ash.node.queue;

import dev.ash.config.DatabaseConfig;
import dev.ash.persistence.Database;
import dev.ash.persistence.Migrations;
import dev.ash.persistence.PooledDatabase;
import dev.ash.persistence.table.QueueRow;
import dev.ash.persistence.table.QueueTable;
import dev.ash.protocol.id.SessionId;
import dev.ash.protocol.id.TenantId;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;

/** A queue in a real file, with one item that waits since {@link #SINCE}. */
final class OneItem {
  static final String ID = "item";
  static final TenantId TENANT = new TenantId("acme");
  static final Instant SINCE = Instant.parse("2026-11-22T00:00:00Z");

  private OneItem() {}

  static Database in(Path folder, SessionId session) {
    var config = new DatabaseConfig.Sqlite(folder.resolve("ash.db"));
    Migrations.run(config, Clock.systemUTC());
    var database = PooledDatabase.alone(config);
    new QueueTable(database)
        .insert(
            new QueueRow(
                ID,
                TENANT,
                "helper",
                "\"hello\"",
                Optional.of(session),
                true,
                Queue.Status.PENDING.wireName(),
                0,
                0,
                3,
                Optional.empty(),
                SINCE,
                Optional.empty(),
                Optional.empty(),
                0,
                0,
                Optional.empty()));
    return database;
  }
}
