-- What telemetry measured of layers after each epoch (?2: under this name; no histogram) in the runs of the
-- points of the newest spec of an experiment (?1): layer by layer, point by point in their order, seed by seed.
-- The state is that of run_summary.
SELECT layer_metric.layer, own.config, run.seed,
       CASE WHEN run.state = 'done' AND run.stale NOTNULL THEN 'stale' ELSE run.state END AS state,
       layer_metric.epoch, layer_metric.value
FROM config_summary AS own JOIN run USING (experiment_id, config_id)
CROSS JOIN layer_metric USING (run_uid)
WHERE own.experiment_id = (SELECT experiment_id FROM experiment WHERE name = ?1)
  AND own.in_spec AND own.need IS NULL AND own.dropped_at IS NULL
  AND layer_metric.name = ?2 AND layer_metric.bin IS NULL
ORDER BY layer_metric.ordinal, layer_metric.layer, own.ordinal, own.config, run.seed, run.run_id,
         layer_metric.epoch
