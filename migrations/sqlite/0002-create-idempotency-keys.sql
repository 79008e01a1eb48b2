-- The answer that each Idempotency-Key got, kept for a day. The key is the caller's name, a NUL, and the header's value.
-- oldest-compatible: 1
CREATE TABLE idempotency_keys (
  idempotency_key TEXT NOT NULL PRIMARY KEY,
  car_id INTEGER NOT NULL,
  brand TEXT NOT NULL,
  model TEXT NOT NULL,
  year INTEGER NOT NULL,
  created_at INTEGER NOT NULL -- seconds since 1970
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
