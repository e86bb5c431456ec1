-- What runs were trained with of others: the runs of an experiment (?1), one run (?2), or those that
-- another (?3) was needed for.
SELECT config.hash AS config_hash, run.seed, run.run_uid, run_link.purpose AS purpose_name,
       run_link.need_uid, run_link.sha256, run_link.now_sha256
FROM run_link JOIN run USING (run_uid) JOIN experiment USING (experiment_id)
     JOIN config USING (config_id)
WHERE experiment.name = ?1 OR run.run_uid = ?2 OR run_link.need_uid = ?3
ORDER BY run.run_id, run_link.purpose;
