-- Do the binary weights of each layer still flip, epoch by epoch? (telemetry: flips, never_flipped)
SELECT experiment, label, layer, epoch, count(DISTINCT run_uid) AS n,
       avg(value) FILTER (WHERE name = 'flips') AS flips_per_weight,
       avg(value) FILTER (WHERE name = 'never_flipped') AS never_flipped
FROM run_summary JOIN layer_metric USING (run_uid)
WHERE state = 'done' AND in_spec AND need IS NOT 'rung' AND name IN ('flips', 'never_flipped')
  AND (:experiment IS NULL OR experiment = :experiment)
GROUP BY experiment, config, ordinal, layer, epoch
ORDER BY experiment, label, ordinal, epoch;
