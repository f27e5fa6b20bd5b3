-- Counts every change of an agent, so that a client can tell one state of it from the next.
ALTER TABLE agents ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
