-- The runs that a run (?1) was trained with, and those that were trained with it.
SELECT purpose AS what, need_uid AS run, need_label AS label, need_state AS state, sha256, now_sha256
FROM run_link WHERE run_uid = ?1
UNION ALL
SELECT purpose || ' of', run_summary.run_uid, run_summary.label, run_summary.state, sha256, now_sha256
FROM run_link JOIN run_summary USING (run_uid) WHERE need_uid = ?1
ORDER BY what, run;
