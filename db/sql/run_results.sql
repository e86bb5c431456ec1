-- What was measured once of a run (?1).
SELECT name, value, special FROM run_metric WHERE run_uid = ?1 ORDER BY name;
