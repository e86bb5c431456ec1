-- A run (?1) with what it takes to bring it back, see bnn_stored_run.
SELECT run.state = 'done' AS done, run.run_id, run.seed, run.n_attempts,
       run.stale NOTNULL AS is_stale, experiment_config.in_spec,
       experiment.name AS experiment, experiment_config.label, config.hash AS config_hash,
       config.json AS config_json,
       (SELECT value FROM metric
        WHERE metric.run_id = run.run_id AND name = 'test_accuracy' AND epoch = 0)
           AS test_accuracy,
       (SELECT path FROM spec_revision
        WHERE spec_revision.experiment_id = run.experiment_id ORDER BY last_us DESC LIMIT 1)
           AS spec_path,
       dataset.name AS dataset_name, dataset.sha256 AS dataset_sha256,
       CASE WHEN dataset.name <> 'synthetic' THEN dataset.source END AS dataset_source
FROM run JOIN experiment USING (experiment_id)
     JOIN experiment_config USING (experiment_id, config_id) JOIN config USING (config_id)
     LEFT JOIN attempt ON attempt.run_id = run.run_id AND attempt.attempt = run.n_attempts
     LEFT JOIN dataset USING (dataset_id)
WHERE run.run_uid = ?1;
