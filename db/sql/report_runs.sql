-- The runs of the newest spec of an experiment, whatever their state, and why the last attempt failed.
SELECT run_uid, label, seed, state, test_accuracy, validation_accuracy, last_test_accuracy,
       best_epoch, train_seconds, model_bytes, latency_us, images_per_second, mismatches,
       n_attempts, started_utc, ended_utc, tags, note, stale,
       (SELECT attempt.error FROM run JOIN attempt USING (run_id)
        WHERE run.run_uid = run_summary.run_uid AND attempt.attempt = run.n_attempts) AS error,
       need, is_baseline, config
FROM run_summary
WHERE experiment = :experiment AND in_spec
ORDER BY need NOTNULL, label, seed;
