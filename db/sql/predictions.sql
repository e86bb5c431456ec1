-- What done runs take each image of their test set for: one run (?2), or all of an experiment (?1).
SELECT config.hash AS config_hash, run.seed, run.run_uid, test_set_id, test_set.sample,
       test_set.n_classes, test_set.classes AS true_classes, prediction.classes
FROM prediction JOIN run USING (run_id) JOIN experiment USING (experiment_id)
     JOIN config USING (config_id) JOIN test_set USING (test_set_id)
WHERE run.state = 'done' AND prediction.attempt = run.n_attempts
      AND (experiment.name = ?1 OR run.run_uid = ?2)
ORDER BY test_set_id, run.run_id;
