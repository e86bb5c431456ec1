-- What there is to know of runs before they are removed: store_select.c says which.
SELECT (SELECT run_id FROM run WHERE run.run_uid = run_summary.run_uid) AS id, run_uid AS uid,
       experiment, label, seed, run_state(run_uid, state) AS state, n_attempts
FROM run_summary
