-- The same on both databases: TEXT, INTEGER and BIGINT mean the same to them here.
-- Times are ISO-8601 text in UTC with milliseconds, so that they sort as text.

CREATE TABLE agents (
  tenant      TEXT    NOT NULL,
  name        TEXT    NOT NULL,
  id          TEXT    NOT NULL,
  version     INTEGER NOT NULL,
  path        TEXT    NOT NULL,
  env         TEXT    NOT NULL,
  config      TEXT    NOT NULL,
  folder      TEXT    NOT NULL,
  created_at  TEXT    NOT NULL,
  updated_at  TEXT    NOT NULL,
  PRIMARY KEY (tenant, name)
);

CREATE TABLE api_keys (
  id          TEXT    NOT NULL PRIMARY KEY,
  tenant      TEXT    NOT NULL,
  key_hash    TEXT    NOT NULL UNIQUE,
  label       TEXT    NOT NULL,
  created_at  TEXT    NOT NULL
);
CREATE INDEX api_keys_by_tenant ON api_keys (tenant, created_at);

-- One row a session, written by its entity and guarded by the journal's sequence number.
CREATE TABLE sessions (
  id              TEXT    NOT NULL PRIMARY KEY,
  tenant          TEXT    NOT NULL,
  agent           TEXT    NOT NULL,
  status          TEXT    NOT NULL,
  parent          TEXT,
  settings        TEXT    NOT NULL,
  env             TEXT    NOT NULL,
  created_at      TEXT    NOT NULL,
  last_active_at  TEXT    NOT NULL,
  sequence        BIGINT  NOT NULL
);
CREATE INDEX sessions_by_tenant ON sessions (tenant, created_at DESC, id);
CREATE INDEX sessions_by_agent ON sessions (tenant, agent, created_at DESC, id);
CREATE INDEX sessions_by_status ON sessions (status, tenant, created_at DESC, id);

-- The agent's own transcript, so that its conversation goes on elsewhere.
CREATE TABLE transcript (
  session_id  TEXT    NOT NULL,
  chunk       BIGINT  NOT NULL,
  path        TEXT    NOT NULL,
  lines       TEXT    NOT NULL,
  PRIMARY KEY (session_id, chunk)
);

CREATE TABLE idempotency (
  tenant      TEXT    NOT NULL,
  scope       TEXT    NOT NULL,
  key         TEXT    NOT NULL,
  request     TEXT    NOT NULL,
  result      TEXT    NOT NULL,
  created_at  TEXT    NOT NULL,
  PRIMARY KEY (tenant, scope, key)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);
