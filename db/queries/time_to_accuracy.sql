-- After how many seconds of a core does each config reach accuracy=0.99 on validation images? (without starts and teachers)
WITH reached AS (
    SELECT run_uid, min(epoch) AS epoch FROM epoch_metric
    WHERE name = 'validation_accuracy' AND value >= CAST(coalesce(:accuracy, 0.99) AS REAL)
    GROUP BY run_uid
), result AS (
    SELECT experiment, config, label,
           (SELECT sum(cpu_ns) / 1e9 FROM timing
            WHERE timing.run_id = run.run_id AND phase = 'train_epoch' AND rep <= reached.epoch) AS seconds
    FROM run_summary JOIN run USING (run_uid) LEFT JOIN reached USING (run_uid)
    WHERE run_summary.state = 'done' AND in_spec AND need IS NULL AND dropped_at IS NULL
      AND (:experiment IS NULL OR experiment = :experiment)
), ranked AS (
    SELECT *, count(*) OVER (PARTITION BY experiment, config) AS n,
           row_number() OVER (PARTITION BY experiment, config ORDER BY seconds IS NULL, seconds) AS place
    FROM result
)
-- The median is that of all runs: it is unknown where half of them never get there.
SELECT experiment, label, n, count(seconds) AS n_reached,
       CASE WHEN 2 * count(seconds) > n
            THEN avg(CASE WHEN place IN ((n + 1) / 2, n / 2 + 1) THEN seconds END)
       END AS median_seconds,
       min(seconds) AS fastest, max(seconds) AS slowest
FROM ranked
GROUP BY experiment, config
ORDER BY experiment, median_seconds IS NULL, median_seconds, label;
