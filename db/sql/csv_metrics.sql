-- All numbers that were measured of the runs of an experiment (?1): of an epoch, or, without one, of the run.
SELECT run.run_uid, own.config, own.label, run.seed, nullif(metric_value.epoch, 0) AS epoch,
       metric_value.name, metric_value.value, metric_value.special
FROM config_summary AS own JOIN run USING (experiment_id, config_id)
CROSS JOIN metric_value USING (run_id)
WHERE own.experiment_id = (SELECT experiment_id FROM experiment WHERE name = ?1)
ORDER BY own.ordinal, own.config, run.seed, run.run_id, metric_value.epoch, metric_value.name
