-- What the last attempts on the runs of an experiment (?1) used: plugins, data, and the bits of the
-- program, whose name is its version.
WITH last AS (
    SELECT config.hash AS config_hash, run.seed, attempt.run_id, attempt.attempt,
           attempt.dataset_id, environment.version, environment.revision
    FROM run JOIN experiment USING (experiment_id) JOIN config USING (config_id)
         JOIN attempt ON attempt.run_id = run.run_id AND attempt.attempt = run.n_attempts
         JOIN environment USING (environment_id)
    WHERE experiment.name = ?1)
SELECT config_hash, seed, 'dataset' AS kind, name, sha256, source AS path, revision
FROM last JOIN dataset USING (dataset_id)
UNION ALL
SELECT config_hash, seed, kind, name, sha256, path, revision
FROM last JOIN run_plugin USING (run_id, attempt) JOIN plugin USING (plugin_id)
UNION ALL
SELECT config_hash, seed, 'bits', version, NULL, NULL, revision FROM last;
