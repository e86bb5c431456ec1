-- The resolved settings of a run (?1).
SELECT key, value FROM run_param WHERE run_uid = ?1 ORDER BY key;
