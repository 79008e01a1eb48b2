-- The answer that each Idempotency-Key got, kept for a day. The key is the caller's name, a NUL, and the header's value.
-- oldest-compatible: 1
CREATE TABLE idempotency_keys (
  idempotency_key VARBINARY(511) NOT NULL PRIMARY KEY,
  car_id BIGINT UNSIGNED NOT NULL,
  brand VARCHAR(100) NOT NULL,
  model VARCHAR(100) NOT NULL,
  year SMALLINT UNSIGNED NOT NULL,
  created_at DATETIME NOT NULL,
  INDEX idempotency_keys_by_age (created_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
