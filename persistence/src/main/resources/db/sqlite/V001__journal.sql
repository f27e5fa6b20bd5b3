-- pekko-persistence-jdbc 1.1 with its default names. AUTOINCREMENT: an ordering is an offset and
-- must not be used twice.

CREATE TABLE "event_journal" (
  "ordering"            INTEGER PRIMARY KEY AUTOINCREMENT,
  "persistence_id"      TEXT    NOT NULL,
  "sequence_number"     INTEGER NOT NULL,
  "deleted"             BOOLEAN NOT NULL DEFAULT 0,
  "writer"              TEXT    NOT NULL,
  "write_timestamp"     INTEGER NOT NULL,
  "adapter_manifest"    TEXT    NOT NULL,
  "event_ser_id"        INTEGER NOT NULL,
  "event_ser_manifest"  TEXT    NOT NULL,
  "event_payload"       BLOB    NOT NULL,
  "meta_ser_id"         INTEGER,
  "meta_ser_manifest"   TEXT,
  "meta_payload"        BLOB,
  UNIQUE ("persistence_id", "sequence_number")
);

CREATE TABLE "event_tag" (
  "event_id"  INTEGER NOT NULL REFERENCES "event_journal" ("ordering") ON DELETE CASCADE,
  "tag"       TEXT    NOT NULL,
  PRIMARY KEY ("tag", "event_id")
) WITHOUT ROWID;
CREATE INDEX "event_tag_event" ON "event_tag" ("event_id");

CREATE TABLE "snapshot" (
  "persistence_id"         TEXT    NOT NULL,
  "sequence_number"        INTEGER NOT NULL,
  "created"                INTEGER NOT NULL,
  "snapshot_ser_id"        INTEGER NOT NULL,
  "snapshot_ser_manifest"  TEXT    NOT NULL,
  "snapshot_payload"       BLOB    NOT NULL,
  "meta_ser_id"            INTEGER,
  "meta_ser_manifest"      TEXT,
  "meta_payload"           BLOB,
  PRIMARY KEY ("persistence_id", "sequence_number")
);
