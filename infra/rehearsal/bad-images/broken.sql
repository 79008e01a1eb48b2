-- Alters a table that nobody has made.
-- oldest-compatible: 1
ALTER TABLE no_such_table ADD COLUMN wrong INT;
