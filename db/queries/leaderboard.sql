-- Which config is best, over all its seeds? Starts and teachers come last; rungs has what sweep.halving dropped.
SELECT experiment, label, n, n_failed, mean_test_accuracy, sd_test_accuracy, mean_train_seconds,
       float32_bytes, model_bytes, latency_us, n_stale
FROM leaderboard
WHERE in_spec AND need IS NOT 'rung' AND dropped_at IS NULL
  AND (:experiment IS NULL OR experiment = :experiment)
ORDER BY experiment, need NOTNULL, mean_test_accuracy IS NULL, mean_test_accuracy DESC, label;
