-- Cars. Texts are compared and sorted by their keys (see src/cars/car.ts), whose bytes are ordered like code points.
-- oldest-compatible: 1
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
CREATE INDEX cars_by_brand_and_year ON cars (brand_key, year, id);
CREATE INDEX cars_by_model ON cars (model_key, id);
CREATE INDEX cars_by_year ON cars (year, id);
