-- The answer that each Idempotency-Key of a batch got, kept for a day. Keys are stored as in `idempotency_keys`.
-- oldest-compatible: 1
CREATE TABLE batch_answers (
  idempotency_key TEXT NOT NULL PRIMARY KEY,
  fingerprint TEXT NOT NULL, -- of the request, SHA-256 in hex
  cars INTEGER NOT NULL,
  first_id INTEGER NOT NULL,
  rejected TEXT NOT NULL, -- the rejected rows, as JSON
  created_at INTEGER NOT NULL -- seconds since 1970
) STRICT, WITHOUT ROWID;
CREATE INDEX batch_answers_by_age ON batch_answers (created_at);
