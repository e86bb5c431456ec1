-- merge_settle.sql - once all rows are taken.

-- Where the spec is newer there, its configs are called and ordered as there.
UPDATE main.experiment_config SET (label, ordinal, is_baseline, in_spec, need, is_drawn) =
    (s.label, s.ordinal, s.is_baseline, s.in_spec, s.need, s.is_drawn)
FROM source.experiment_config AS s JOIN temp.merged_spec AS t ON t.old = s.experiment_id
JOIN temp.merged_id AS c ON c.name = 'config' AND c.old = s.config_id
WHERE t.is_newer AND experiment_config.experiment_id = t.new AND experiment_config.config_id = c.new;

UPDATE main.run SET (state, n_attempts, stale) = (s.state, s.n_attempts, s.stale)
FROM temp.merged_run AS r JOIN source.run AS s ON s.run_id = r.old
WHERE r.how = 'better' AND run.run_id = r.new;

-- Two notes are both kept, one of them once.
UPDATE main.run SET created_us = min(run.created_us, s.created_us),
    note = CASE WHEN run.note IS NULL OR s.note IS NULL THEN coalesce(run.note, s.note)
                WHEN instr(char(10) || run.note || char(10), char(10) || s.note || char(10)) > 0 THEN run.note
                ELSE run.note || char(10) || s.note END
FROM temp.merged_run AS r JOIN source.run AS s ON s.run_id = r.old
WHERE run.run_id = r.new AND r.how NOT IN ('different', 'busy');

UPDATE main.run_need SET need_run_id =
    (SELECT run_id FROM main.run WHERE run_uid = need_uid AND run_id <> run_need.run_id)
WHERE need_run_id IS NULL;

-- A done run whose start or teacher has other weights here than it was trained with is stale, and so is what was
-- trained with that.
WITH RECURSIVE weights AS (
    SELECT run.run_id, (SELECT sha256 FROM main.artifact WHERE artifact.run_id = run.run_id AND kind = 'weights'
                        ORDER BY created_us DESC LIMIT 1) AS sha256
    FROM main.run WHERE state = 'done' AND run_id IN (SELECT need_run_id FROM main.run_need)),
outdated(run_id, why) AS (
    SELECT run_need.run_id, purpose || ' ' || need_uid || ' (trained again)'
    FROM main.run_need JOIN weights ON weights.run_id = need_run_id WHERE run_need.sha256 <> weights.sha256
    UNION
    SELECT run_need.run_id, purpose || ' ' || need_uid || ' (stale)'
    FROM outdated JOIN main.run USING (run_id) JOIN main.run_need ON need_run_id = run.run_id
    WHERE run.state = 'done')
UPDATE main.run SET stale = (SELECT why FROM outdated WHERE outdated.run_id = run.run_id)
WHERE state = 'done' AND stale IS NULL AND run_id IN (SELECT run_id FROM outdated);
