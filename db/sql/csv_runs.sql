-- The runs of an experiment (?1), config by config in their order, then by seed.
SELECT run_summary.*
FROM run_summary
JOIN config_summary USING (config)
WHERE run_summary.experiment = ?1
  AND config_summary.experiment_id = (SELECT experiment_id FROM experiment WHERE name = ?1)
ORDER BY config_summary.ordinal, config, seed, run_uid
