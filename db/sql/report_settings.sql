-- The settings in which the configs of the newest spec of an experiment differ.
WITH own AS MATERIALIZED (
    SELECT config, min(run_uid) AS run_uid FROM run_summary
    WHERE experiment = :experiment AND in_spec AND need IS NULL GROUP BY config),
setting AS MATERIALIZED (
    SELECT own.config, key, value FROM own CROSS JOIN run_param USING (run_uid))
SELECT config, key, value FROM setting
WHERE key IN (SELECT key FROM setting GROUP BY key
              HAVING count(DISTINCT value) > 1 OR count(*) < (SELECT count(*) FROM own))
ORDER BY key, config;
