-- Counts every change of a version of an agent, so that a client can tell one state from the next.
ALTER TABLE agent_versions ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
