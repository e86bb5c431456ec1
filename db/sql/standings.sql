-- What the configs of the newest spec of an experiment came to, over their runs in state done, the
-- best first, and after the points those that are only needed; what sweep.halving dropped, or trained for a
-- rung only, is left out. Differences are those of test accuracy to the baseline, seed by seed.
-- ?1: the experiment; ?2: a metric; ?3: 1 when less of it is better, else -1.
WITH result AS (
    SELECT config,
           CASE ?2
               WHEN 'train_seconds' THEN train_seconds
               WHEN 'model_bytes' THEN model_bytes
               WHEN 'latency_us' THEN latency_us
               ELSE (SELECT value FROM run_metric
                     WHERE run_metric.run_uid = run_summary.run_uid AND name = ?2)
           END AS metric
    FROM run_summary
    WHERE experiment = ?1 AND in_spec AND state = 'done'
),
metric AS (
    SELECT config, mean(metric) AS mean FROM result GROUP BY config
),
paired AS (
    SELECT config, count(*) AS n, mean(difference) AS mean, sd(difference) AS sd,
           ci95(difference) AS ci95
    FROM baseline_pair WHERE experiment = ?1 GROUP BY config
)
SELECT label, is_baseline, leaderboard.n, n_failed, n_unfinished, metric.mean AS mean_metric,
       mean_test_accuracy, sd_test_accuracy, paired.n AS n_paired,
       paired.mean AS mean_difference, paired.sd AS sd_difference,
       paired.ci95 AS ci95_difference, model_bytes, float32_bytes, mean_train_seconds, latency_us, n_stale,
       need
FROM leaderboard LEFT JOIN metric USING (config) LEFT JOIN paired USING (config)
WHERE experiment = ?1 AND in_spec AND need IS NOT 'rung' AND dropped_at IS NULL
ORDER BY need NOTNULL, mean_metric IS NULL, ?3 * mean_metric, ordinal;
