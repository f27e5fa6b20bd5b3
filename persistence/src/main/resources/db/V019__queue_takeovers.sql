-- How often the owner of an item fell silent in its current attempt.
ALTER TABLE queue_items ADD COLUMN takeovers INTEGER NOT NULL DEFAULT 0;
