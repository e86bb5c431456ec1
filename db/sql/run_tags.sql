-- The tags of a run (?1).
SELECT tag FROM run_tag JOIN run USING (run_id) WHERE run_uid = ?1 ORDER BY tag;
