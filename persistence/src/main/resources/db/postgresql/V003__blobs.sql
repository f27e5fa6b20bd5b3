-- Contents by their SHA-256, for clusters that have nothing but the database; in parts, so that no
-- content is ever whole in memory.
CREATE TABLE blobs (
  digest  TEXT   NOT NULL PRIMARY KEY,
  size    BIGINT NOT NULL
);
CREATE TABLE blob_parts (
  digest  TEXT    NOT NULL REFERENCES blobs (digest) ON DELETE CASCADE,
  part    INTEGER NOT NULL,
  bytes   BYTEA   NOT NULL,
  PRIMARY KEY (digest, part)
);
