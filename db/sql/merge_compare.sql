-- merge_compare.sql - which runs that are done in both have other results, and what of them is other. Weights are
-- compared where both have them; a model file follows from these, but names the run, its label and the bnnrun that
-- wrote it, too, so it is compared only where there are none and those are the same. Seconds are those of the clock.
WITH weights AS (
    SELECT r.old, a.sha256 AS theirs, b.sha256 AS ours FROM temp.merged_run AS r
    JOIN source.artifact AS a ON a.run_id = r.old AND a.kind = 'weights'
    JOIN main.artifact AS b ON b.run_id = r.new AND b.kind = 'weights'
    WHERE r.how = 'same'),
named AS (
    SELECT r.old FROM temp.merged_run AS r
    JOIN source.run AS s ON s.run_id = r.old JOIN main.run AS m ON m.run_id = r.new
    JOIN source.experiment_config AS sc ON (sc.experiment_id, sc.config_id) = (s.experiment_id, s.config_id)
    JOIN main.experiment_config AS mc ON (mc.experiment_id, mc.config_id) = (m.experiment_id, m.config_id)
    JOIN source.attempt AS sa ON (sa.run_id, sa.attempt) = (s.run_id, s.n_attempts)
    JOIN main.attempt AS ma ON (ma.run_id, ma.attempt) = (m.run_id, m.n_attempts)
    JOIN source.environment AS se ON se.environment_id = sa.environment_id
    JOIN main.environment AS me ON me.environment_id = ma.environment_id
    WHERE r.how = 'same' AND r.from_uid = r.uid AND sc.label = mc.label AND se.version = me.version),
model AS (
    SELECT r.old, a.sha256 AS theirs, b.sha256 AS ours FROM temp.merged_run AS r
    JOIN source.artifact AS a ON a.run_id = r.old AND a.kind = 'model'
    JOIN main.artifact AS b ON b.run_id = r.new AND b.kind = 'model'
    WHERE r.old IN (SELECT old FROM named) AND r.old NOT IN (SELECT old FROM weights))
UPDATE temp.merged_run AS r SET what = coalesce(
    (SELECT 'weights' FROM weights WHERE weights.old = r.old AND theirs <> ours),
    (SELECT a.name FROM source.metric AS a
     JOIN main.metric AS b ON b.run_id = r.new AND b.name = a.name AND b.epoch = a.epoch
     WHERE a.run_id = r.old AND a.name <> 'seconds' AND (a.value, a.special) IS NOT (b.value, b.special)
     ORDER BY a.epoch, a.name LIMIT 1),
    (SELECT 'predictions' FROM source.prediction AS a JOIN main.prediction AS b ON b.run_id = r.new
     JOIN temp.merged_id AS t ON t.name = 'test_set' AND t.old = a.test_set_id AND t.new = b.test_set_id
     WHERE a.run_id = r.old AND a.classes <> b.classes),
    (SELECT 'model' FROM model WHERE model.old = r.old AND theirs <> ours))
WHERE how = 'same';

UPDATE temp.merged_run SET how = 'different' WHERE what NOTNULL;
