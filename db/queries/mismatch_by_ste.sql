-- How far does each STE's gradient point from the true one, layer by layer? (telemetry: mismatch; without starts and teachers)
WITH measured AS (
    SELECT experiment, config, label, run_uid, ordinal, layer, epoch, value,
           max(epoch) OVER (PARTITION BY run_uid) AS end
    FROM run_summary JOIN layer_metric USING (run_uid)
    WHERE state = 'done' AND in_spec AND need IS NULL AND dropped_at IS NULL AND name = 'gradient_cosine'
      AND (:experiment IS NULL OR experiment = :experiment))
SELECT experiment, ste.value AS ste, layer, count(DISTINCT run_uid) AS n,
       avg(measured.value) AS mean_cosine,
       avg(measured.value) FILTER (WHERE epoch = 1) AS first_epoch,
       avg(measured.value) FILTER (WHERE epoch = end) AS last_epoch, label
FROM measured JOIN config_setting AS ste USING (config)
WHERE ste.key = 'model.ste'
GROUP BY experiment, config, ordinal, layer
ORDER BY experiment, ordinal, mean_cosine DESC, label;
