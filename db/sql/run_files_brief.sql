-- The same to look at.
SELECT kind, path, n_bytes AS bytes, substr(sha256, 1, 12) AS sha256
FROM artifact JOIN run USING (run_id)
WHERE run_uid = ?1
ORDER BY kind, path;
