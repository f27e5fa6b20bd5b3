-- For lists that ask for few of a tenant's many rows, newest first.
CREATE INDEX queue_items_by_status ON queue_items (tenant, status, created_at DESC, id);
CREATE INDEX usage_events_by_session ON usage_events (tenant, session_id, created_at DESC);
