-- orphans.sql - deletes what was left of deleted rows when no trigger saw to it; those of schema_4.sql
-- take what hangs on them along. An id may have been used again since, by a run that has had fewer
-- attempts.
DELETE FROM experiment_config
WHERE experiment_id NOT IN (SELECT experiment_id FROM experiment)
   OR config_id NOT IN (SELECT config_id FROM config);
DELETE FROM spec_revision WHERE experiment_id NOT IN (SELECT experiment_id FROM experiment);
DELETE FROM config_param WHERE config_id NOT IN (SELECT config_id FROM config);
DELETE FROM run
WHERE (experiment_id, config_id) NOT IN (SELECT experiment_id, config_id FROM experiment_config);
DELETE FROM attempt
WHERE NOT EXISTS (SELECT 1 FROM run
                  WHERE run.run_id = attempt.run_id AND attempt.attempt <= run.n_attempts);
DELETE FROM run_plugin WHERE (run_id, attempt) NOT IN (SELECT run_id, attempt FROM attempt);
DELETE FROM metric WHERE (run_id, attempt) NOT IN (SELECT run_id, attempt FROM attempt);
DELETE FROM timing WHERE (run_id, attempt) NOT IN (SELECT run_id, attempt FROM attempt);
DELETE FROM layer WHERE (run_id, attempt) NOT IN (SELECT run_id, attempt FROM attempt);
DELETE FROM artifact WHERE (run_id, attempt) NOT IN (SELECT run_id, attempt FROM attempt);
DELETE FROM layer_value WHERE (run_id, attempt) NOT IN (SELECT run_id, attempt FROM attempt);
DELETE FROM prediction WHERE (run_id, attempt) NOT IN (SELECT run_id, attempt FROM attempt);
DELETE FROM look WHERE (experiment_id, config_id) NOT IN
      (SELECT experiment_id, config_id FROM experiment_config);
DELETE FROM rung WHERE (experiment_id, config_id) NOT IN
      (SELECT experiment_id, config_id FROM experiment_config);
UPDATE rung SET trained_id = 0 -- no config has it; an id may be used again
WHERE trained_id <> 0 AND trained_id NOT IN (SELECT config_id FROM config);
DELETE FROM run_need WHERE run_id NOT IN (SELECT run_id FROM run);
UPDATE run_need SET need_run_id = NULL WHERE need_run_id NOT IN (SELECT run_id FROM run);
DELETE FROM run_tag WHERE run_id NOT IN (SELECT run_id FROM run);
DELETE FROM benchmark WHERE run_id NOT IN (SELECT run_id FROM run);
UPDATE benchmark SET twin_run_id = NULL WHERE twin_run_id NOT IN (SELECT run_id FROM run);
DELETE FROM benchmark_result WHERE benchmark_id NOT IN (SELECT benchmark_id FROM benchmark);
DELETE FROM benchmark_layer
WHERE (benchmark_id, contender, engine, batch) NOT IN
      (SELECT benchmark_id, contender, engine, batch FROM benchmark_result);
UPDATE run SET state = 'queued'
WHERE state <> 'queued'
  AND NOT EXISTS (SELECT 1 FROM attempt
                  WHERE attempt.run_id = run.run_id AND attempt.attempt = run.n_attempts);
