-- The settings of the configs of an experiment (?1), config by config in their order, then by key; these two are texts,
-- whatever a database of others has there.
SELECT coalesce(CAST(own.config AS TEXT), '') AS config, own.label, own.ordinal, own.is_baseline, own.in_spec, own.need,
       coalesce(CAST(config_param.key AS TEXT), '') AS key, config_param.value
FROM config_summary AS own CROSS JOIN config_param USING (config_id)
WHERE own.experiment_id = (SELECT experiment_id FROM experiment WHERE name = ?1)
ORDER BY own.ordinal, own.config, 7
