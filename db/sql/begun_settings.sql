-- The settings of a run (?1: its uid).
SELECT own.key, typeof(own.value) = 'text' AS is_text,
       CASE WHEN typeof(own.value) = 'text' THEN own.value END AS text,
       CASE WHEN typeof(own.value) <> 'text' THEN own.value END AS number
FROM run CROSS JOIN config_param AS own USING (config_id)
WHERE run.run_uid = ?1
ORDER BY own.key
