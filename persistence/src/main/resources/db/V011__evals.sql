CREATE TABLE eval_cases (
  id          TEXT    NOT NULL PRIMARY KEY,
  tenant      TEXT    NOT NULL,
  agent       TEXT    NOT NULL,
  position    INTEGER NOT NULL,
  content     TEXT    NOT NULL,
  category    TEXT,
  active      INTEGER NOT NULL,
  created_at  TEXT    NOT NULL,
  updated_at  TEXT    NOT NULL
);
CREATE INDEX eval_cases_by_agent ON eval_cases (tenant, agent, created_at, position);

-- system_prompt is the version's as it was when the run was started.
CREATE TABLE eval_runs (
  id              TEXT    NOT NULL PRIMARY KEY,
  tenant          TEXT    NOT NULL,
  agent           TEXT    NOT NULL,
  version_number  INTEGER,
  system_prompt   TEXT,
  filters         TEXT    NOT NULL,
  status          TEXT    NOT NULL,
  total_cases     INTEGER NOT NULL,
  summary         TEXT,
  created_at      TEXT    NOT NULL,
  started_at      TEXT,
  completed_at    TEXT
);
CREATE INDEX eval_runs_by_agent ON eval_runs (tenant, agent, created_at DESC);
CREATE INDEX eval_runs_by_status ON eval_runs (status);

-- One case of a run. case_content is the case as it was then; a lease says which node is at it.
CREATE TABLE eval_results (
  id              TEXT              NOT NULL PRIMARY KEY,
  tenant          TEXT              NOT NULL,
  run_id          TEXT              NOT NULL,
  case_id         TEXT              NOT NULL,
  position        INTEGER           NOT NULL,
  case_content    TEXT              NOT NULL,
  response        TEXT,
  topic_score     DOUBLE PRECISION,
  safety_score    DOUBLE PRECISION,
  latency_ms      BIGINT,
  status          TEXT              NOT NULL,
  error           TEXT,
  human_score     INTEGER,
  human_notes     TEXT,
  created_at      TEXT              NOT NULL,
  completed_at    TEXT,
  owner           TEXT,
  not_before_ms   BIGINT            NOT NULL,
  attempts        INTEGER           NOT NULL
);
CREATE INDEX eval_results_by_run ON eval_results (run_id, position);
CREATE INDEX eval_results_waiting ON eval_results (status, not_before_ms);
