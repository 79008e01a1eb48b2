-- The answer that each Idempotency-Key of a batch got, kept for a day. Keys are stored as in `idempotency_keys`.
-- oldest-compatible: 1
CREATE TABLE batch_answers (
  idempotency_key VARBINARY(511) NOT NULL PRIMARY KEY,
  fingerprint BINARY(32) NOT NULL, -- of the request, SHA-256
  cars INT UNSIGNED NOT NULL,
  first_id BIGINT UNSIGNED NOT NULL,
  id_step BIGINT UNSIGNED NOT NULL,
  rejected MEDIUMTEXT NOT NULL, -- the rejected rows, as JSON
  created_at DATETIME NOT NULL,
  INDEX batch_answers_by_age (created_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
