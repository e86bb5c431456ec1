-- The keys of which two configs of an experiment (?1) have other values, or one of them none.
WITH config AS (
    SELECT config_id FROM experiment_config
    WHERE experiment_id = (SELECT experiment_id FROM experiment WHERE name = ?1))
SELECT key
FROM config JOIN config_param USING (config_id)
GROUP BY key
HAVING count(DISTINCT value) > 1 OR count(value) < (SELECT count(*) FROM config)
ORDER BY key
