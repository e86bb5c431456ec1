-- The files that a run (?1) left.
SELECT kind, path, n_bytes, sha256
FROM artifact JOIN run USING (run_id)
WHERE run_uid = ?1
ORDER BY kind, path;
