-- The plugins that a run (?1) was last executed with.
SELECT kind, name, sha256, path, abi
FROM plugin JOIN run_plugin USING (plugin_id) JOIN run USING (run_id)
WHERE run_uid = ?1 AND attempt = n_attempts
ORDER BY kind, name;
