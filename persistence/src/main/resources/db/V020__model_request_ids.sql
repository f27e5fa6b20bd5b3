-- What the model server and a gateway before it call the request in their own logs; empty where they said nothing.
ALTER TABLE model_calls ADD COLUMN request_id TEXT NOT NULL DEFAULT '';
ALTER TABLE model_calls ADD COLUMN gateway_request_id TEXT NOT NULL DEFAULT '';
