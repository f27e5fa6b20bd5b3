-- What turns used, derived from the journal: the key makes a second derivation harmless.
CREATE TABLE usage_events (
  session_id  TEXT              NOT NULL,
  sequence    BIGINT            NOT NULL,
  kind        TEXT              NOT NULL,
  tenant      TEXT              NOT NULL,
  agent       TEXT              NOT NULL,
  value       DOUBLE PRECISION  NOT NULL,
  created_at  TEXT              NOT NULL,
  PRIMARY KEY (session_id, sequence, kind)
);
CREATE INDEX usage_events_by_tenant ON usage_events (tenant, created_at DESC);
CREATE INDEX usage_events_by_agent ON usage_events (tenant, agent, created_at DESC);

-- How far a session's journal is derived, and what of it the next event needs.
CREATE TABLE usage_progress (
  session_id   TEXT              NOT NULL PRIMARY KEY,
  sequence     BIGINT            NOT NULL,
  tenant       TEXT              NOT NULL,
  agent        TEXT              NOT NULL,
  turn_start   TEXT,
  cost_so_far  DOUBLE PRECISION  NOT NULL
);
