-- The data that the runs of an experiment were last executed with.
SELECT dataset.name AS data_set, dataset.source, dataset.sha256, count(*) AS n_runs
FROM run JOIN experiment USING (experiment_id)
     JOIN attempt ON attempt.run_id = run.run_id AND attempt.attempt = run.n_attempts
     JOIN dataset USING (dataset_id)
WHERE experiment.name = :experiment
GROUP BY dataset_id ORDER BY n_runs DESC;
