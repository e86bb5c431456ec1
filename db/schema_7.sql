-- schema_7.sql - what version 7 adds: the comparison that a spec registers.

-- JSON: baseline, configs (of the points, as the views have them), seeds, metric, margin, alpha. NULL: the
-- spec registers none. With first_us it tells a comparison that was planned from one that was not.
ALTER TABLE spec_revision ADD COLUMN comparison TEXT;
