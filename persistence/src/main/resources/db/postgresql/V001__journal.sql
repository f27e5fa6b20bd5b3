-- pekko-persistence-jdbc 1.1 with its default names.

CREATE TABLE "event_journal" (
  "ordering"            BIGSERIAL NOT NULL UNIQUE,
  "persistence_id"      TEXT      NOT NULL,
  "sequence_number"     BIGINT    NOT NULL,
  "deleted"             BOOLEAN   NOT NULL DEFAULT FALSE,
  "writer"              TEXT      NOT NULL,
  "write_timestamp"     BIGINT    NOT NULL,
  "adapter_manifest"    TEXT      NOT NULL,
  "event_ser_id"        INTEGER   NOT NULL,
  "event_ser_manifest"  TEXT      NOT NULL,
  "event_payload"       BYTEA     NOT NULL,
  "meta_ser_id"         INTEGER,
  "meta_ser_manifest"   TEXT,
  "meta_payload"        BYTEA,
  PRIMARY KEY ("persistence_id", "sequence_number")
);

CREATE TABLE "event_tag" (
  "event_id"  BIGINT NOT NULL REFERENCES "event_journal" ("ordering") ON DELETE CASCADE,
  "tag"       TEXT   NOT NULL,
  PRIMARY KEY ("event_id", "tag")
);
CREATE INDEX "event_tag_tag" ON "event_tag" ("tag", "event_id");

CREATE TABLE "snapshot" (
  "persistence_id"         TEXT    NOT NULL,
  "sequence_number"        BIGINT  NOT NULL,
  "created"                BIGINT  NOT NULL,
  "snapshot_ser_id"        INTEGER NOT NULL,
  "snapshot_ser_manifest"  TEXT    NOT NULL,
  "snapshot_payload"       BYTEA   NOT NULL,
  "meta_ser_id"            INTEGER,
  "meta_ser_manifest"      TEXT,
  "meta_payload"           BYTEA,
  PRIMARY KEY ("persistence_id", "sequence_number")
);
