-- The same to look at.
SELECT purpose AS what, need_uid AS run, need_label AS config, coalesce(need_state, 'removed') AS state,
       CASE WHEN sha256 = now_sha256 THEN 'as they were'
            WHEN now_sha256 IS NULL THEN 'not there'
            ELSE 'others now' END AS weights
FROM run_link WHERE run_uid = ?1
UNION ALL
SELECT purpose || ' of', run_summary.run_uid, run_summary.label, run_summary.state,
       CASE WHEN sha256 = now_sha256 THEN 'as they were'
            WHEN now_sha256 IS NULL THEN 'not there'
            ELSE 'others now' END
FROM run_link JOIN run_summary USING (run_uid) WHERE need_uid = ?1
ORDER BY what, run;
