-- Which activations has no image changed by the last epoch? (telemetry: dead, balance, saturation)
WITH measured AS (
    SELECT experiment, config, label, run_uid, ordinal, layer, epoch, name, value,
           max(epoch) OVER (PARTITION BY run_uid) AS end
    FROM run_summary JOIN layer_metric USING (run_uid)
    WHERE state = 'done' AND in_spec AND need IS NOT 'rung' AND name IN ('dead', 'balance', 'saturation')
      AND (:experiment IS NULL OR experiment = :experiment))
SELECT experiment, label, layer, count(DISTINCT run_uid) AS n,
       avg(value) FILTER (WHERE name = 'dead') AS dead_channels,
       max(value) FILTER (WHERE name = 'dead') AS worst_run,
       avg(value) FILTER (WHERE name = 'balance') AS positive,
       avg(value) FILTER (WHERE name = 'saturation') AS saturated
FROM measured
WHERE epoch = end
GROUP BY experiment, config, ordinal, layer
ORDER BY experiment, label, ordinal;
