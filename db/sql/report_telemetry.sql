-- What telemetry measured of the layers, as means over the runs that are compared.
SELECT label, layer, layer_metric.name, epoch, avg(layer_metric.value) AS mean, count(layer_metric.value) AS n
FROM run_summary JOIN layer_metric USING (run_uid)
WHERE experiment = :experiment AND in_spec AND state = 'done' AND need IS NULL
  AND dropped_at IS NULL AND bin IS NULL AND seed IN (:seeds)
GROUP BY config, layer, layer_metric.name, epoch
ORDER BY label, layer, layer_metric.name, epoch;
