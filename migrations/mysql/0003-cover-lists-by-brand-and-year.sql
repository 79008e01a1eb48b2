-- The index of the most used filter holds all that a list shows, so that a page is read from it alone.
-- oldest-compatible: 1
ALTER TABLE cars DROP INDEX cars_by_brand_and_year,
  ADD INDEX cars_by_brand_and_year (brand_key, year, id, brand, model);
