-- Files that clients attached to sessions; their contents are blobs.
CREATE TABLE attachments (
  id          TEXT    NOT NULL PRIMARY KEY,
  tenant      TEXT    NOT NULL,
  session_id  TEXT    NOT NULL,
  message_id  TEXT,
  filename    TEXT    NOT NULL,
  mime_type   TEXT    NOT NULL,
  size        BIGINT  NOT NULL,
  blob        TEXT    NOT NULL,
  created_at  TEXT    NOT NULL
);
CREATE INDEX attachments_by_session ON attachments (tenant, session_id, created_at);
