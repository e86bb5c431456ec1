-- schema_7.sql - what version 7 adds: the telemetry that was asked for, since a network may have nothing
-- of what that measures.

ALTER TABLE attempt ADD COLUMN telemetry INTEGER; -- a bit a topic, in the order of db/README.md

-- Of older runs, that of which there are values.
WITH topic(name, bit) AS (
    VALUES ('flips', 1), ('never_flipped', 2), ('histogram', 4), ('masked', 8), ('balance', 16),
           ('saturation', 32), ('dead', 64), ('norm_negative', 128), ('gradient_norm', 256),
           ('gradient_cosine', 512))
UPDATE attempt
SET telemetry = (SELECT sum(bit) FROM topic WHERE EXISTS (
    SELECT 1 FROM layer_value JOIN quantity USING (quantity_id)
    WHERE layer_value.run_id = attempt.run_id AND quantity.name = topic.name))
WHERE attempt = (SELECT n_attempts FROM run WHERE run.run_id = attempt.run_id)
  AND run_id IN (SELECT run_id FROM layer_value);
