-- The keys of callers: of each secret only its SHA-256. Times are seconds since 1970. `live_name` is the name until the key is
-- revoked, and so unique among those that are not.
-- oldest-compatible: 1
CREATE TABLE api_keys (
  id CHAR(16) NOT NULL PRIMARY KEY,
  hash CHAR(64) NOT NULL,
  name VARCHAR(64) NOT NULL,
  live_name VARCHAR(64) NULL,
  scopes VARCHAR(255) NOT NULL, -- separated by blanks
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT NULL,
  UNIQUE INDEX api_keys_by_live_name (live_name)
) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;
