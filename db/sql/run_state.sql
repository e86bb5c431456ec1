-- The state of a run (?1), as its process has it.
SELECT run_state(run_uid, state) AS state FROM run_summary WHERE run_uid = ?1;
