-- How far is each config from the baseline, seed by seed? (without starts and teachers)
SELECT experiment, label, baseline, n, mean AS mean_difference, sd AS sd_difference,
       n_positive AS n_better, n_negative AS n_worse
FROM spread
WHERE quantity = 'difference' AND need IS NULL AND dropped_at IS NULL
  AND (:experiment IS NULL OR experiment = :experiment)
ORDER BY experiment, mean_difference DESC, label;
