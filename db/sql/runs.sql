-- The runs, of one experiment (?1) or all.
SELECT run_uid, experiment, label, seed, state, test_accuracy, train_seconds
FROM run_summary
WHERE ?1 IS NULL OR experiment = ?1
ORDER BY experiment, label, seed;
