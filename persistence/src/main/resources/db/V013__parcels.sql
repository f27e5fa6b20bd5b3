-- What is too large for a message between nodes, for the minutes until it is read.
CREATE TABLE parcel (
  id             TEXT    NOT NULL PRIMARY KEY,
  serializer     INTEGER NOT NULL,
  manifest       TEXT    NOT NULL,
  body           TEXT    NOT NULL,
  created_at_ms  BIGINT  NOT NULL
);
CREATE INDEX parcel_created ON parcel (created_at_ms);
