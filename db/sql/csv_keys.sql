-- The keys that the configs of an experiment (?1) have.
SELECT DISTINCT key
FROM experiment_config JOIN config_param USING (config_id)
WHERE experiment_id = (SELECT experiment_id FROM experiment WHERE name = ?1)
ORDER BY key
