-- The runs of the points of the newest spec of an experiment (?1), in their order; or those of a config (?3:
-- its first digits), of this experiment or, without one, of all, the newest last. A point without runs has a
-- row without a seed. ?2: the metric; only done runs that are not stale have one.
WITH own AS MATERIALIZED ( -- what holds of a config is looked up once, and not for each of its runs
    SELECT experiment_id, config_id, config, label, is_baseline, in_spec, ordinal, is_drawn, dropped_at,
           (SELECT name FROM experiment
            WHERE experiment_id = config_summary.experiment_id) AS experiment,
           (SELECT group_concat(substr(key, 9) || '=' || value, ' ') FROM config_param
            WHERE config_id = config_summary.config_id
              AND key IN ('dataset.name', 'dataset.sample', 'dataset.test_limit')) AS test_set,
           (SELECT count(*) FROM rung WHERE rung.experiment_id = config_summary.experiment_id
            AND rung.config_id = config_summary.config_id) AS n_rungs
    FROM config_summary
    WHERE (?1 IS NULL OR experiment_id = (SELECT experiment_id FROM experiment WHERE name = ?1))
      AND CASE WHEN ?3 IS NULL THEN in_spec AND need IS NULL ELSE config = ?3 END)
SELECT own.config, own.label, own.is_baseline, own.in_spec, own.experiment, own.test_set,
       run.run_uid AS uid, run.seed,
       CASE WHEN run.state = 'done' AND run.stale NOTNULL THEN 'stale' ELSE run.state END AS state,
       CASE WHEN run.state = 'done' AND run.stale IS NULL THEN
           CASE ?2
               WHEN 'train_seconds' THEN
                   (SELECT train_seconds FROM run_summary WHERE run_uid = run.run_uid)
               WHEN 'model_bytes' THEN
                   (SELECT model_bytes FROM run_summary WHERE run_uid = run.run_uid)
               WHEN 'latency_us' THEN
                   (SELECT latency_us FROM run_summary WHERE run_uid = run.run_uid)
               ELSE (SELECT value FROM metric_value
                     WHERE run_id = run.run_id AND name = ?2 AND epoch = 0)
           END
       END AS value, own.is_drawn, own.dropped_at, own.n_rungs
FROM own LEFT JOIN run USING (experiment_id, config_id)
ORDER BY CASE WHEN ?3 IS NULL THEN own.ordinal END, own.config, run.seed, run.run_id
