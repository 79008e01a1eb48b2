-- Cars. Texts are compared and sorted by their keys (see src/cars/car.ts), whose bytes are ordered like code points.
-- oldest-compatible: 1
CREATE TABLE cars (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  brand VARCHAR(100) NOT NULL,
  brand_key VARBINARY(400) NOT NULL,
  model VARCHAR(100) NOT NULL,
  model_key VARBINARY(400) NOT NULL,
  year SMALLINT UNSIGNED NOT NULL,
  version INT UNSIGNED NOT NULL DEFAULT 1,
  INDEX cars_by_brand (brand_key, id),
  INDEX cars_by_brand_and_year (brand_key, year, id),
  INDEX cars_by_model (model_key, id),
  INDEX cars_by_year (year, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
