CREATE TABLE schema_migrations (
    version INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    oldest_compatible INTEGER NOT NULL,
    checksum TEXT NOT NULL,
    applied_at TEXT NOT NULL
  ) STRICT;
CREATE TABLE cars (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  brand TEXT NOT NULL,
  brand_key TEXT NOT NULL,
  model TEXT NOT NULL,
  model_key TEXT NOT NULL,
  year INTEGER NOT NULL,
  version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX cars_by_brand ON cars (brand_key, id);
CREATE INDEX cars_by_model ON cars (model_key, id);
CREATE INDEX cars_by_year ON cars (year, id);
CREATE TABLE idempotency_keys (
  idempotency_key TEXT NOT NULL PRIMARY KEY,
  car_id INTEGER NOT NULL,
  brand TEXT NOT NULL,
  model TEXT NOT NULL,
  year INTEGER NOT NULL,
  created_at INTEGER NOT NULL -- seconds since 1970
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
CREATE INDEX cars_by_brand_and_year ON cars (brand_key, year, id, brand, model);
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
CREATE TABLE car_changes (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  car_id INTEGER NOT NULL,
  version INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('created', 'updated', 'deleted')),
  caller TEXT NOT NULL,
  request_id TEXT NOT NULL,
  changed_at INTEGER NOT NULL, -- milliseconds since 1970
  brand_before TEXT,
  model_before TEXT,
  year_before INTEGER,
  brand_after TEXT,
  model_after TEXT,
  year_after INTEGER
) STRICT;
CREATE INDEX car_changes_by_car ON car_changes (car_id, id);
INSERT INTO schema_migrations VALUES (1, '0001-create-cars', 1, '9035984609a858cfe47d0e41733730d947e27ccf0779051522b9626b85f80b00', '2026-11-25 21:09:01');
INSERT INTO schema_migrations VALUES (2, '0002-create-idempotency-keys', 1, '73e8b533c9e759d428261babacbad841ad311eb4f41d9e248d22fe6eaf03f195', '2026-11-25 21:09:01');
INSERT INTO schema_migrations VALUES (3, '0003-cover-lists-by-brand-and-year', 1, '5c80cd8022a36fcc51a8eb7339989695cda48b931936980e0ef1890f437cd4b0', '2026-11-25 21:09:01');
INSERT INTO schema_migrations VALUES (4, '0004-create-api-keys', 1, '1594ec72243540af184d54bdb689693290ae7db5f228feb877c7e50b00567e34', '2026-11-25 21:09:01');
INSERT INTO schema_migrations VALUES (5, '0005-create-car-changes', 1, '46d5c0b8d0200a381a941adab9a6efa3abba03448a9a02a8df3818022d57fc8d', '2026-11-25 21:09:01');
INSERT INTO cars VALUES (1, 'CITROËN', 'citroën', 'C3', 'c3', 2020, 3);
INSERT INTO cars VALUES (2, 'O''Neil \ %_', 'o''neil \ %_', 'Straße', 'straße', 1886, 1);
INSERT INTO cars VALUES (3, 'Volkswagen', 'volkswagen', 'Golf', 'golf', 2100, 1);
INSERT INTO idempotency_keys VALUES (CAST(x'75706772616465006F726465722D31' AS TEXT), 3, 'Volkswagen', 'Golf', 2100, 1795640944);
INSERT INTO api_keys VALUES ('35b73979a6724332', '25f19d417188dc4da34d71e491b938adba397c1fa14c452a4afce57cba017c14', 'upgrade', 'upgrade', 'cars:read cars:write', 1795640942, 2111000942, NULL);
INSERT INTO api_keys VALUES ('68e8ec3c1c59d237', '169bf4f134ad8763a1782806023c504556dcd9c5fb77f503ae18c14757b73907', 'revoked', NULL, 'cars:read cars:write', 1795640942, 2111000942, 1795640942);
INSERT INTO car_changes VALUES (1, 1, 1, 'created', 'upgrade', 'POST-/cars', 1795640944284, NULL, NULL, NULL, 'Citroën', 'C3 🚗', 2018);
INSERT INTO car_changes VALUES (2, 2, 1, 'created', 'upgrade', 'POST-/cars', 1795640944314, NULL, NULL, NULL, 'O''Neil \ %_', 'Straße', 1886);
INSERT INTO car_changes VALUES (3, 3, 1, 'created', 'upgrade', 'POST-/cars', 1795640944405, NULL, NULL, NULL, 'Volkswagen', 'Golf', 2100);
INSERT INTO car_changes VALUES (4, 4, 1, 'created', 'upgrade', 'POST-/cars', 1795640944433, NULL, NULL, NULL, 'Volkswagen', 'Polo', 2001);
INSERT INTO car_changes VALUES (5, 1, 2, 'updated', 'upgrade', 'PATCH-/cars/1', 1795640944442, 'Citroën', 'C3 🚗', 2018, 'Citroën', 'C3 🚗', 2019);
INSERT INTO car_changes VALUES (6, 1, 3, 'updated', 'upgrade', 'PUT-/cars/1', 1795640944449, 'Citroën', 'C3 🚗', 2019, 'CITROËN', 'C3', 2020);
INSERT INTO car_changes VALUES (7, 4, 2, 'deleted', 'upgrade', 'DELETE-/cars/4', 1795640944452, 'Volkswagen', 'Polo', 2001, NULL, NULL, NULL);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES ('cars', 4);
INSERT INTO sqlite_sequence VALUES ('car_changes', 7);
