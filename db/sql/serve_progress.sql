-- How far the runs of the newest spec of an experiment (?1) are, and what they came to; times in seconds since 1970.
SELECT run.run_uid, own.label, run.seed, own.config,
       CASE WHEN run.state = 'running' THEN run_state(run.run_uid, run.state)
            WHEN run.state = 'done' AND run.stale NOTNULL THEN 'stale'
            ELSE run.state END AS state,
       (SELECT value FROM config_param
        WHERE config_param.config_id = run.config_id AND key = 'train.epochs') AS epochs,
       attempt.resumed_from_epoch AS begun, attempt.started_us / 1e6 AS started,
       attempt.ended_us / 1e6 AS ended, attempt.error, last.epoch, last.time_us / 1e6 AS measured,
       (SELECT value FROM metric
        WHERE metric.run_id = run.run_id AND name = 'validation_accuracy'
          AND metric.epoch = last.epoch) AS validation,
       (SELECT value FROM metric
        WHERE metric.run_id = run.run_id AND name = 'test_accuracy' AND metric.epoch = 0) AS test
FROM experiment JOIN run USING (experiment_id)
JOIN config_summary AS own USING (experiment_id, config_id)
LEFT JOIN attempt ON attempt.run_id = run.run_id AND attempt.attempt = run.n_attempts
LEFT JOIN metric AS last
       ON run.state = 'running' AND last.run_id = run.run_id AND last.name = 'train_loss'
      AND last.epoch = (SELECT max(epoch) FROM metric
                        WHERE metric.run_id = run.run_id AND metric.name = 'train_loss')
WHERE experiment.name = ?1 AND own.in_spec
ORDER BY own.ordinal, run.seed;
