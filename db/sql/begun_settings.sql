-- The settings of a run (?1: its uid). varies: another config of its experiment has another value, or none.
SELECT own.key, typeof(own.value) = 'text' AS is_text,
       CASE WHEN typeof(own.value) = 'text' THEN own.value END AS text,
       CASE WHEN typeof(own.value) <> 'text' THEN own.value END AS number,
       EXISTS (SELECT 1 FROM experiment_config AS other
               LEFT JOIN config_param AS theirs
                      ON theirs.config_id = other.config_id AND theirs.key = own.key
               WHERE other.experiment_id = run.experiment_id AND theirs.value IS NOT own.value)
           AS varies
FROM run CROSS JOIN config_param AS own USING (config_id)
WHERE run.run_uid = ?1
ORDER BY own.key
