-- All columns of the view, of one run.
SELECT * FROM run_summary WHERE run_uid = ?1;
