-- After how many epochs does each config reach 98 % validation accuracy? (without starts and teachers)
WITH result AS (
    SELECT experiment, config, label,
           (SELECT min(epoch) FROM epoch_metric
            WHERE epoch_metric.run_uid = run_summary.run_uid AND name = 'validation_accuracy'
              AND value >= 0.98) AS first_epoch
    FROM run_summary
    WHERE state = 'done' AND in_spec AND need IS NULL AND dropped_at IS NULL
      AND (:experiment IS NULL OR experiment = :experiment)
)
SELECT experiment, label, count(*) AS n, count(first_epoch) AS n_reached,
       avg(first_epoch) AS mean_first_epoch, min(first_epoch) AS fastest,
       max(first_epoch) AS slowest
FROM result
GROUP BY experiment, config
ORDER BY experiment, n_reached = 0, mean_first_epoch, label;
