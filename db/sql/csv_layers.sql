-- What telemetry measured of the layers of the runs of an experiment (?1).
SELECT run.run_uid, own.config, own.label, run.seed, layer_metric.epoch, layer_metric.ordinal,
       layer_metric.layer, layer_metric.name, layer_metric.bin, layer_metric.value
FROM config_summary AS own JOIN run USING (experiment_id, config_id)
CROSS JOIN layer_metric USING (run_uid)
WHERE own.experiment_id = (SELECT experiment_id FROM experiment WHERE name = ?1)
ORDER BY own.ordinal, own.config, run.seed, run.run_id, layer_metric.epoch, layer_metric.ordinal,
         layer_metric.name, layer_metric.bin
