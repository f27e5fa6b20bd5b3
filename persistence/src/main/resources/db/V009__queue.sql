-- Prompts that wait for an agent. A node that works on an item has it until lease_until_ms, which
-- it renews; "claims" counts who had it, so that an owner of the past changes nothing.
CREATE TABLE queue_items (
  id              TEXT    NOT NULL PRIMARY KEY,
  tenant          TEXT    NOT NULL,
  agent           TEXT    NOT NULL,
  -- JSON text of a string.
  prompt          TEXT    NOT NULL,
  -- The session that was asked for, or else the one that the newest attempt has made.
  session_id      TEXT,
  session_given   INTEGER NOT NULL,
  status          TEXT    NOT NULL,
  priority        INTEGER NOT NULL,
  retry_count     INTEGER NOT NULL,
  max_retries     INTEGER NOT NULL,
  error           TEXT,
  created_at      TEXT    NOT NULL,
  started_at      TEXT,
  completed_at    TEXT,
  retry_after_ms  BIGINT  NOT NULL,
  owner           TEXT,
  lease_until_ms  BIGINT  NOT NULL,
  claims          BIGINT  NOT NULL,
  -- Where in the session the attempt's turn is, once it is accepted.
  turn            BIGINT,
  turn_cursor     TEXT
);
CREATE INDEX queue_items_by_tenant ON queue_items (tenant, created_at DESC, id);
CREATE INDEX queue_items_waiting ON queue_items (status, tenant, priority DESC, created_at, id);
CREATE INDEX queue_items_by_owner ON queue_items (owner, status);
