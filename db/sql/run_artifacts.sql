-- The files that done runs have to have: those of one run (?2), or of all of an experiment (?1), by
-- their newest attempt.
SELECT config.hash AS config_hash, run.seed, artifact.kind, artifact.path, artifact.n_bytes,
       artifact.sha256, artifact.created_us
FROM artifact JOIN run USING (run_id) JOIN experiment USING (experiment_id)
     JOIN config USING (config_id)
WHERE run.state = 'done' AND artifact.attempt = run.n_attempts
      AND (experiment.name = ?1 OR run.run_uid = ?2)
ORDER BY run.run_id, artifact.kind, artifact.created_us;
