-- The runs of an experiment (?1), config by config in their order, then by seed. The runs are found by their config,
-- by numbers: run_summary has its text alone.
SELECT run_summary.*
FROM config_summary AS own CROSS JOIN run USING (experiment_id, config_id)
CROSS JOIN run_summary USING (run_uid)
WHERE own.experiment_id = (SELECT experiment_id FROM experiment WHERE name = ?1)
ORDER BY own.ordinal, own.config, run.seed, run.run_uid
