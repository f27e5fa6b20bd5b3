-- Named versions of an agent: an instruction text with notes; at most one is active.
CREATE TABLE agent_versions (
  tenant           TEXT    NOT NULL,
  agent            TEXT    NOT NULL,
  number           INTEGER NOT NULL,
  id               TEXT    NOT NULL UNIQUE,
  name             TEXT    NOT NULL,
  system_prompt    TEXT,
  release_notes    TEXT,
  knowledge_files  TEXT,
  active           INTEGER NOT NULL,
  created_at       TEXT    NOT NULL,
  updated_at       TEXT    NOT NULL,
  PRIMARY KEY (tenant, agent, number)
);
CREATE UNIQUE INDEX agent_versions_active ON agent_versions (tenant, agent) WHERE active = 1;
