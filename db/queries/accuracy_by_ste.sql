-- Which STE gives the best test accuracy? 'none' is a float network. (without starts and teachers)
SELECT experiment, ste.value AS ste, n, mean AS mean_test_accuracy,
       sd AS sd_test_accuracy, lowest AS worst, highest AS best, label
FROM spread JOIN config_setting AS ste USING (config)
WHERE ste.key = 'model.ste' AND quantity = 'test_accuracy' AND in_spec
  AND need IS NULL AND dropped_at IS NULL
  AND (:experiment IS NULL OR experiment = :experiment)
ORDER BY experiment, mean_test_accuracy DESC, label;
