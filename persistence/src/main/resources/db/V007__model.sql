-- Model calls: what each cost, what a period has cost so far, and what it may cost.
-- Money is in billionths of a US dollar: one token of the cheapest model is not zero.

CREATE TABLE model_calls (
  id                  TEXT    NOT NULL PRIMARY KEY,
  tenant              TEXT    NOT NULL,
  team                TEXT    NOT NULL,
  agent               TEXT    NOT NULL,
  session_id          TEXT    NOT NULL,
  turn                BIGINT  NOT NULL,
  model               TEXT    NOT NULL,
  upstream            TEXT    NOT NULL,
  node                TEXT    NOT NULL,
  state               TEXT    NOT NULL,
  status              INTEGER NOT NULL,
  input_tokens        BIGINT  NOT NULL,
  output_tokens       BIGINT  NOT NULL,
  cache_write_tokens  BIGINT  NOT NULL,
  cache_read_tokens   BIGINT  NOT NULL,
  cost_nanos          BIGINT  NOT NULL,
  reserved_tokens     BIGINT  NOT NULL,
  reserved_nanos      BIGINT  NOT NULL,
  started_at          TEXT    NOT NULL,
  ended_at            TEXT
);
CREATE INDEX model_calls_by_session ON model_calls (tenant, session_id, started_at, id);
CREATE INDEX model_calls_by_tenant ON model_calls (tenant, started_at, id);
CREATE INDEX model_calls_open ON model_calls (node) WHERE state = 'OPEN';

-- Sums of the calls, so that a budget is checked by reading a few rows. Changed in the same
-- transactions as the calls.
CREATE TABLE model_spend (
  tenant           TEXT    NOT NULL,
  scope            TEXT    NOT NULL,
  subject          TEXT    NOT NULL,
  period           TEXT    NOT NULL,
  calls            BIGINT  NOT NULL,
  tokens           BIGINT  NOT NULL,
  nanos            BIGINT  NOT NULL,
  reserved_tokens  BIGINT  NOT NULL,
  reserved_nanos   BIGINT  NOT NULL,
  PRIMARY KEY (tenant, scope, subject, period)
);

CREATE TABLE model_budgets (
  tenant      TEXT    NOT NULL,
  owner       TEXT    NOT NULL,
  scope       TEXT    NOT NULL,
  subject     TEXT    NOT NULL,
  window_kind TEXT    NOT NULL,
  tokens      BIGINT,
  nanos       BIGINT,
  updated_at  TEXT    NOT NULL,
  PRIMARY KEY (tenant, owner, scope, subject, window_kind)
);

-- Whose calls are still under way: a node that is not seen any more has lost its own.
CREATE TABLE model_nodes (
  node     TEXT    NOT NULL PRIMARY KEY,
  seen_at  TEXT    NOT NULL
);
