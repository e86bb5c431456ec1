-- Which STE gives the best test accuracy? 'none' is a float network.
WITH result AS (
    SELECT run_summary.experiment, run_summary.config, run_summary.label, run_param.value AS ste,
           run_summary.test_accuracy
    FROM run_summary JOIN run_param USING (run_uid)
    WHERE run_param.key = 'model.ste' AND run_summary.state = 'done' AND run_summary.in_spec
      AND (:experiment IS NULL OR run_summary.experiment = :experiment)
),
average AS (
    SELECT experiment, config, avg(test_accuracy) AS mean
    FROM result GROUP BY experiment, config
)
SELECT experiment, ste, count(test_accuracy) AS n, mean AS mean_test_accuracy,
       CASE WHEN count(test_accuracy) > 1
            THEN sqrt(sum((test_accuracy - mean) * (test_accuracy - mean))
                      / (count(test_accuracy) - 1)) END AS sd_test_accuracy,
       min(test_accuracy) AS worst, max(test_accuracy) AS best, label
FROM result JOIN average USING (experiment, config)
GROUP BY experiment, config
ORDER BY experiment, mean_test_accuracy DESC, label;
