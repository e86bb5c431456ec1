-- merge_room.sql - before rows are taken: of a run that has come further there nothing stays but its name, its tags
-- and its note; and the newer spec says which configs it has, and what was looked at.
DELETE FROM main.attempt WHERE run_id IN (SELECT new FROM temp.merged_run WHERE how = 'better');
DELETE FROM main.run_need WHERE run_id IN (SELECT new FROM temp.merged_run WHERE how = 'better');
DELETE FROM main.look WHERE experiment_id IN (SELECT new FROM temp.merged_spec WHERE is_newer);
DELETE FROM main.rung WHERE experiment_id IN (SELECT new FROM temp.merged_spec WHERE is_newer);
UPDATE main.experiment_config SET in_spec = 0
WHERE experiment_id IN (SELECT new FROM temp.merged_spec WHERE is_newer);
UPDATE main.experiment SET (description, metric, goal) =
    (SELECT s.description, s.metric, s.goal FROM temp.merged_spec AS t
     JOIN source.experiment AS s ON s.experiment_id = t.old WHERE t.new = experiment.experiment_id)
WHERE experiment_id IN (SELECT new FROM temp.merged_spec WHERE is_newer);

-- A benchmark is known by when it was made, and of what: not of another model than the run has here. One without a
-- run is taken when all is.
INSERT INTO temp.merged_id
SELECT 'benchmark', s.benchmark_id,
       (SELECT benchmark - 1 FROM new_id) + row_number() OVER (ORDER BY s.benchmark_id), 1
FROM source.benchmark AS s
WHERE NOT EXISTS (SELECT 1 FROM main.benchmark AS m
                  WHERE m.started_us = s.started_us AND m.model_sha256 = s.model_sha256
                  AND m.seconds = s.seconds AND m.images = s.images)
  AND CASE WHEN s.run_id IS NULL THEN NOT EXISTS (SELECT 1 FROM source.run WHERE run_id NOT IN
                                                  (SELECT run_id FROM temp.wanted))
      ELSE s.run_id IN (SELECT old FROM temp.merged_run WHERE how IN ('new', 'better', 'same')) END;
