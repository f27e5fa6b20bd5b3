-- Secrets of tenants. What is in "box" can be opened with the master key that key_id names, and
-- only as the credential that this row says it is.
CREATE TABLE credentials (
  id            TEXT    NOT NULL PRIMARY KEY,
  tenant        TEXT    NOT NULL,
  type          TEXT    NOT NULL,
  label         TEXT    NOT NULL,
  key_id        TEXT    NOT NULL,
  salt          TEXT    NOT NULL,
  iv            TEXT    NOT NULL,
  box           TEXT    NOT NULL,
  created_at    TEXT    NOT NULL,
  last_used_at  TEXT
);
CREATE INDEX credentials_by_tenant ON credentials (tenant, created_at DESC, id);
