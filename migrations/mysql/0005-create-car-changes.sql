-- The audit trail: a row for each change of a car, written in the change's own transaction and never removed by the service.
-- oldest-compatible: 1
CREATE TABLE car_changes (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  car_id BIGINT UNSIGNED NOT NULL,
  version INT UNSIGNED NOT NULL,
  kind ENUM('created', 'updated', 'deleted') NOT NULL,
  caller VARCHAR(255) NOT NULL,
  request_id VARCHAR(128) NOT NULL,
  changed_at DATETIME(3) NOT NULL,
  brand_before VARCHAR(100) NULL,
  model_before VARCHAR(100) NULL,
  year_before SMALLINT UNSIGNED NULL,
  brand_after VARCHAR(100) NULL,
  model_after VARCHAR(100) NULL,
  year_after SMALLINT UNSIGNED NULL,
  INDEX car_changes_by_car (car_id, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
