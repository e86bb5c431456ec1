-- Runs: store_select.c says which.
SELECT run_uid, experiment, label, seed, run_state(run_uid, state) AS state, test_accuracy, train_seconds, config, differs,
       in_spec, created_utc, started_utc, ended_utc, stale, tags, note
FROM run_summary
