-- The same to look at.
SELECT kind, name, substr(sha256, 1, 12) AS sha256, path
FROM plugin JOIN run_plugin USING (plugin_id) JOIN run USING (run_id)
WHERE run_uid = ?1 AND attempt = n_attempts
ORDER BY kind, name;
