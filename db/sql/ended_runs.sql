-- The metric ?2 of each done run of the experiment ?1, whatever the newest spec makes of it.
SELECT config.hash AS config_hash, run.seed,
       CASE ?2
           WHEN 'train_seconds' THEN
               (SELECT train_seconds FROM run_summary WHERE run_uid = run.run_uid)
           WHEN 'model_bytes' THEN
               (SELECT model_bytes FROM run_summary WHERE run_uid = run.run_uid)
           WHEN 'latency_us' THEN
               (SELECT latency_us FROM run_summary WHERE run_uid = run.run_uid)
           ELSE (SELECT value FROM metric_value
                 WHERE run_id = run.run_id AND name = ?2 AND epoch = 0)
       END AS value
FROM run JOIN config USING (config_id)
WHERE run.experiment_id = (SELECT experiment_id FROM experiment WHERE name = ?1)
  AND run.state = 'done'
