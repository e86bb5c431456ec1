-- The same to look at.
SELECT run_uid AS run, experiment, label, seed, state,
       CASE WHEN test_accuracy NOTNULL THEN printf('%.2f %%', 100 * test_accuracy) END AS accuracy,
       CASE WHEN train_seconds NOTNULL THEN printf('%.1f', train_seconds) END AS seconds
FROM run_summary
WHERE ?1 IS NULL OR experiment = ?1
ORDER BY experiment, label, seed;
