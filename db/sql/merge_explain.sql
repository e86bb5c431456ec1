-- merge_explain.sql - what two runs with other results were made with that is not the same: what may make a
-- difference, and what should make none.

-- The last attempt of each, here and there.
CREATE TEMP VIEW made_here AS
SELECT r.old, run_id, attempt, dataset.name || ' ' || substr(dataset.sha256, 1, 12) AS data,
       version || coalesce(' ' || revision, '') AS bnnrun, compiler || coalesce(' ' || cflags, '') AS compiler,
       kernels, environment.host || coalesce(' (' || cpu_model || ')', '') AS machine
FROM temp.merged_run AS r JOIN main.run ON run.run_id = r.new JOIN main.attempt USING (run_id)
JOIN main.environment USING (environment_id) JOIN main.dataset USING (dataset_id)
WHERE attempt = n_attempts AND r.how = 'different';
CREATE TEMP VIEW made_there AS
SELECT r.old, run_id, attempt, dataset.name || ' ' || substr(dataset.sha256, 1, 12) AS data,
       version || coalesce(' ' || revision, '') AS bnnrun, compiler || coalesce(' ' || cflags, '') AS compiler,
       kernels, environment.host || coalesce(' (' || cpu_model || ')', '') AS machine
FROM temp.merged_run AS r JOIN source.run ON run.run_id = r.old JOIN source.attempt USING (run_id)
JOIN source.environment USING (environment_id) JOIN source.dataset USING (dataset_id)
WHERE attempt = n_attempts AND r.how = 'different';

INSERT INTO temp.merged_made
WITH both(old, n, promised, word, ours, theirs) AS (
    SELECT old, 1, 0, 'data', m.data, s.data FROM made_here AS m JOIN made_there AS s USING (old)
    UNION ALL
    SELECT old, 4, 0, 'bnnrun', m.bnnrun, s.bnnrun FROM made_here AS m JOIN made_there AS s USING (old)
    UNION ALL
    SELECT old, 5, 0, 'compiler', m.compiler, s.compiler FROM made_here AS m JOIN made_there AS s USING (old)
    UNION ALL
    SELECT old, 6, 1, 'kernels', m.kernels, s.kernels FROM made_here AS m JOIN made_there AS s USING (old)
    UNION ALL
    SELECT old, 7, 1, 'machine', m.machine, s.machine FROM made_here AS m JOIN made_there AS s USING (old))
SELECT old, n, promised,
       word || ' ' || coalesce(ours, '?') || ' here, ' || coalesce(theirs, '?') || ' there'
FROM both WHERE ours IS NOT theirs;

INSERT INTO temp.merged_made
WITH ours AS (SELECT old, kind, name, sha256 FROM made_here
              JOIN main.run_plugin USING (run_id, attempt) JOIN main.plugin USING (plugin_id)),
     theirs AS (SELECT old, kind, name, sha256 FROM made_there
                JOIN source.run_plugin USING (run_id, attempt) JOIN source.plugin USING (plugin_id))
SELECT old, 2, 0, 'another file of the plugin ' || group_concat(kind || ' ' || name, ', ')
FROM ours JOIN theirs USING (old, kind, name) WHERE ours.sha256 <> theirs.sha256 GROUP BY old;

INSERT INTO temp.merged_made
SELECT r.old, 3, 0, 'other weights of its ' || group_concat(m.purpose, ', ')
FROM temp.merged_run AS r JOIN main.run_need AS m ON m.run_id = r.new
JOIN source.run_need AS s ON s.run_id = r.old AND s.purpose = m.purpose
WHERE r.how = 'different' AND s.sha256 <> m.sha256 GROUP BY r.old;

-- A file whose bytes alone are other may name what its run was called once.
INSERT INTO temp.merged_made
SELECT old, 8, 0, 'perhaps another label at that time' FROM temp.merged_run AS r
WHERE what = 'model' AND NOT EXISTS (SELECT 1 FROM temp.merged_made WHERE merged_made.old = r.old AND NOT promised);

UPDATE temp.merged_run AS r SET (made, promised) =
    (SELECT coalesce(group_concat(text, '; '), ''), coalesce(min(promised), 1)
     FROM (SELECT text, promised FROM temp.merged_made WHERE merged_made.old = r.old ORDER BY n))
WHERE how = 'different';
