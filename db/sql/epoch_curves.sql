-- What was measured after each epoch (?2: under this name) in the runs of the points of the newest spec of an
-- experiment (?1): point by point in their order, seed by seed. The state is that of run_summary.
SELECT '' AS layer, own.config, run.seed,
       CASE WHEN run.state = 'done' AND run.stale NOTNULL THEN 'stale' ELSE run.state END AS state,
       metric_value.epoch, metric_value.value
FROM config_summary AS own JOIN run USING (experiment_id, config_id)
CROSS JOIN metric_value USING (run_id)
WHERE own.experiment_id = (SELECT experiment_id FROM experiment WHERE name = ?1)
  AND own.in_spec AND own.need IS NULL AND own.dropped_at IS NULL
  AND metric_value.name = ?2 AND metric_value.epoch > 0
ORDER BY own.ordinal, own.config, run.seed, run.run_id, metric_value.epoch
