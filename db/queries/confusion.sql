-- Which classes are taken for which? share: of the images of true_class (run=RUN, or config=CONFIG; seeds=1,2)
WITH RECURSIVE
chosen AS MATERIALIZED (
    SELECT run_uid, experiment, label, config FROM run_summary
    WHERE CASE WHEN :run NOTNULL THEN run_uid = :run
               WHEN :config NOTNULL THEN state = 'done' AND config = :config
               ELSE state = 'done' AND in_spec AND need IS NULL AND dropped_at IS NULL END
      AND (:experiment IS NULL OR experiment = :experiment)
      AND (:seeds IS NULL OR seed IN (SELECT value FROM json_each('[' || :seeds || ']')))),
position(i) AS (
    SELECT 0 UNION ALL SELECT i + 1 FROM position
    WHERE i < (SELECT max(255, max(n_images) / 256) FROM run_prediction)),
part AS MATERIALIZED ( -- of 256 images: SQLite reads the whole blob for each byte of it
    SELECT experiment, label, config, substr(true_classes, 256 * i + 1, 256) AS is_part,
           substr(predicted_classes, 256 * i + 1, 256) AS said_part
    FROM chosen CROSS JOIN run_prediction USING (run_uid) CROSS JOIN position
    WHERE 256 * i < n_images),
pair AS (
    SELECT experiment, label, config, hex(substr(is_part, i + 1, 1)) AS is_hex,
           hex(substr(said_part, i + 1, 1)) AS said_hex, count(*) AS n
    FROM part CROSS JOIN position
    WHERE i < length(is_part)
    GROUP BY experiment, label, config, is_hex, said_hex)
SELECT experiment, label, config,
       16 * instr('123456789ABCDEF', substr(is_hex, 1, 1))
           + instr('123456789ABCDEF', substr(is_hex, 2)) AS true_class,
       16 * instr('123456789ABCDEF', substr(said_hex, 1, 1))
           + instr('123456789ABCDEF', substr(said_hex, 2)) AS predicted_class,
       n, 1.0 * n / sum(n) OVER (PARTITION BY experiment, label, config, is_hex) AS share
FROM pair
ORDER BY experiment, label, config, true_class, predicted_class;
