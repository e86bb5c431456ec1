-- How far is each config from the baseline, seed by seed?
WITH result AS (
    SELECT experiment, config, label, seed, test_accuracy, is_baseline
    FROM run_summary
    WHERE state = 'done' AND in_spec AND test_accuracy IS NOT NULL
      AND (:experiment IS NULL OR experiment = :experiment)
),
pair AS (
    SELECT result.experiment, result.config, result.label, baseline.config AS baseline_config,
           baseline.label AS baseline,
           result.test_accuracy - baseline.test_accuracy AS difference
    FROM result JOIN result AS baseline USING (experiment, seed)
    WHERE baseline.is_baseline AND NOT result.is_baseline
),
average AS (
    SELECT experiment, config, baseline_config, avg(difference) AS mean
    FROM pair GROUP BY experiment, config, baseline_config
)
SELECT experiment, label, baseline, count(*) AS n, mean AS mean_difference,
       CASE WHEN count(*) > 1
            THEN sqrt(sum((difference - mean) * (difference - mean)) / (count(*) - 1)) END
           AS sd_difference,
       sum(difference > 0) AS n_better, sum(difference < 0) AS n_worse
FROM pair JOIN average USING (experiment, config, baseline_config)
GROUP BY experiment, config, baseline_config
ORDER BY experiment, mean_difference DESC, label;
