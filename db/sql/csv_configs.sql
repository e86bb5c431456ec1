-- The settings of the configs of an experiment (?1), config by config in their order, then by key.
SELECT own.config, own.label, own.ordinal, own.is_baseline, own.in_spec, own.need,
       config_param.key, config_param.value
FROM config_summary AS own CROSS JOIN config_param USING (config_id)
WHERE own.experiment_id = (SELECT experiment_id FROM experiment WHERE name = ?1)
ORDER BY own.ordinal, own.config, config_param.key
