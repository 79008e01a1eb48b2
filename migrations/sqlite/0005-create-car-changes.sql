-- The audit trail: a row for each change of a car, written in the change's own transaction and never removed by the service.
-- oldest-compatible: 1
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
