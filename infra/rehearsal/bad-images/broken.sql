-- Alters a table that does not exist.
-- oldest-compatible: 1
ALTER TABLE no_such_table ADD COLUMN wrong INT;
