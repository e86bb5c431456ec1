-- Which test images does a run take for another class than another one does? (run=RUN, other=RUN or its baseline)
WITH RECURSIVE
pair AS MATERIALIZED (
    SELECT own.experiment, own.run_uid, own.label, other.run_uid AS other_uid,
           other.label AS other_label
    FROM (SELECT :run AS run_uid, :other AS other_uid WHERE :other NOTNULL
          UNION ALL
          SELECT run_uid, baseline_uid FROM baseline_pair WHERE :other IS NULL) AS named
    JOIN run_summary AS own ON own.run_uid = named.run_uid
    JOIN run_summary AS other ON other.run_uid = named.other_uid
    WHERE (:run IS NULL OR own.run_uid = :run)
      AND (:experiment IS NULL OR own.experiment = :experiment)),
position(i) AS (
    SELECT 0 UNION ALL SELECT i + 1 FROM position
    WHERE i < (SELECT max(255, max(n_images) / 256) FROM run_prediction)),
part AS MATERIALIZED ( -- of 256 images: SQLite reads the whole blob for each byte of it
    SELECT pair.*, 256 * i AS first, substr(own.true_classes, 256 * i + 1, 256) AS is_part,
           substr(own.predicted_classes, 256 * i + 1, 256) AS own_part,
           substr(other.predicted_classes, 256 * i + 1, 256) AS other_part
    FROM pair CROSS JOIN run_prediction AS own ON own.run_uid = pair.run_uid
    CROSS JOIN run_prediction AS other
        ON other.run_uid = pair.other_uid AND other.test_set = own.test_set
    CROSS JOIN position
    WHERE 256 * i < own.n_images),
image AS (
    SELECT experiment, label, run_uid, other_label, other_uid, first + i AS image,
           hex(substr(is_part, i + 1, 1)) AS is_hex, hex(substr(own_part, i + 1, 1)) AS own_hex,
           hex(substr(other_part, i + 1, 1)) AS other_hex
    FROM part CROSS JOIN position
    WHERE i < length(is_part) AND substr(own_part, i + 1, 1) <> substr(other_part, i + 1, 1))
SELECT experiment, label, run_uid, other_label, other_uid, image,
       16 * instr('123456789ABCDEF', substr(is_hex, 1, 1))
           + instr('123456789ABCDEF', substr(is_hex, 2)) AS true_class,
       16 * instr('123456789ABCDEF', substr(own_hex, 1, 1))
           + instr('123456789ABCDEF', substr(own_hex, 2)) AS run_class,
       16 * instr('123456789ABCDEF', substr(other_hex, 1, 1))
           + instr('123456789ABCDEF', substr(other_hex, 2)) AS other_class
FROM image
ORDER BY experiment, label, run_uid, other_uid, image;
