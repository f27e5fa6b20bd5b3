-- Who may go on when the nodes of a cluster cannot see one another.
CREATE TABLE cluster_lease (
  name           TEXT   NOT NULL PRIMARY KEY,
  owner          TEXT   NOT NULL,
  -- Nodes on the owner's side, space separated: any of them may take over from it.
  side           TEXT   NOT NULL,
  expires_at_ms  BIGINT NOT NULL
);
