-- Configs by a run of theirs (?1: its uid), or by the first digits of their hashes (?2); then each once, with
-- the run of its least seed, of an experiment that has it in its newest spec if there is one.
SELECT substr(config.hash, 1, 12) AS config, own.label, experiment.name AS experiment, run.run_uid AS uid,
       run.seed
FROM config
JOIN run USING (config_id)
JOIN experiment_config AS own USING (experiment_id, config_id)
JOIN experiment USING (experiment_id)
WHERE CASE WHEN ?1 NOTNULL THEN run.run_uid = ?1
           ELSE substr(config.hash, 1, length(?2)) = lower(?2)
                AND run_id = (SELECT run_id FROM run JOIN experiment_config
                              USING (experiment_id, config_id)
                              WHERE run.config_id = config.config_id
                              ORDER BY in_spec DESC, seed LIMIT 1) END
ORDER BY config.hash
