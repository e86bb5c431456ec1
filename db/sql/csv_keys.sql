-- The keys that the configs of an experiment (?1) have; texts, whatever a database of others has there.
SELECT DISTINCT coalesce(CAST(key AS TEXT), '') AS key
FROM experiment_config JOIN config_param USING (config_id)
WHERE experiment_id = (SELECT experiment_id FROM experiment WHERE name = ?1)
ORDER BY 1
