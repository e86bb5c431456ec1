-- The same to look at. date: the last of ended, begun, planned; with the year only if it is another.
SELECT run_uid AS run, experiment, label || coalesce(' (' || differs || ')', '') AS label, seed,
       run_state(run_uid, state) AS state,
       CASE WHEN test_accuracy NOTNULL THEN printf('%.2f %%', 100 * test_accuracy) END AS accuracy,
       CASE WHEN train_seconds NOTNULL THEN printf('%.1f', train_seconds) END AS seconds,
       coalesce(ended_utc, started_utc, created_utc) AS date, tags, note
FROM run_summary
