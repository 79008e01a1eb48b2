-- The keys of callers: of each secret only its SHA-256. Times are seconds since 1970. `live_name` is the name until the key is
-- revoked, and so unique among those that are not.
-- oldest-compatible: 1
CREATE TABLE api_keys (
  id TEXT NOT NULL PRIMARY KEY,
  hash TEXT NOT NULL,
  name TEXT NOT NULL,
  live_name TEXT NULL UNIQUE,
  scopes TEXT NOT NULL, -- separated by blanks
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER NULL
) STRICT, WITHOUT ROWID;
