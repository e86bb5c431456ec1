-- merge_runs.sql - what becomes of each run. One that is done comes before one that is stale, that before one that
-- is not done; of these the one with more epochs wins, and among equals failed comes before interrupted. The
-- record of one and the same attempt is the same run, though here another run may have made it stale since.
INSERT INTO temp.merged_run(old, new, from_uid, uid, how, last)
WITH theirs AS (
    SELECT run.*, state || '.' || n_attempts || '.' || started_us || '.' || coalesce(ended_us, 0) AS last,
           CASE WHEN state <> 'done' THEN 0 WHEN stale NOTNULL THEN 1 ELSE 2 END AS place,
           CASE state WHEN 'done' THEN 0
           ELSE (SELECT coalesce(max(epoch), 0) FROM source.metric WHERE metric.run_id = run.run_id) END AS epochs,
           CASE state WHEN 'failed' THEN 3 WHEN 'interrupted' THEN 2 ELSE n_attempts > 0 END AS begun
    FROM source.run LEFT JOIN source.attempt AS a ON a.run_id = run.run_id AND a.attempt = run.n_attempts
    WHERE run.run_id IN (SELECT run_id FROM temp.wanted)),
ours AS (
    SELECT run.*, state || '.' || n_attempts || '.' || started_us || '.' || coalesce(ended_us, 0) AS last,
           CASE WHEN state <> 'done' THEN 0 WHEN stale NOTNULL THEN 1 ELSE 2 END AS place,
           CASE state WHEN 'done' THEN 0
           ELSE (SELECT coalesce(max(epoch), 0) FROM main.metric WHERE metric.run_id = run.run_id) END AS epochs,
           CASE state WHEN 'failed' THEN 3 WHEN 'interrupted' THEN 2 ELSE n_attempts > 0 END AS begun
    FROM main.run LEFT JOIN main.attempt AS a ON a.run_id = run.run_id AND a.attempt = run.n_attempts)
SELECT s.run_id, m.run_id, s.run_uid, coalesce(m.run_uid, s.run_uid),
       CASE WHEN m.run_id IS NULL THEN 'new'
            WHEN m.state = 'running' THEN 'busy'
            WHEN s.state = 'done' AND m.state = 'done' AND (s.place = m.place OR s.last = m.last) THEN 'same'
            WHEN (s.place, s.epochs, s.begun) > (m.place, m.epochs, m.begun) THEN 'better'
            ELSE 'kept' END,
       s.last
FROM theirs AS s
LEFT JOIN temp.merged_id AS e ON e.name = 'experiment' AND e.old = s.experiment_id
LEFT JOIN temp.merged_id AS c ON c.name = 'config' AND c.old = s.config_id
LEFT JOIN ours AS m ON m.experiment_id = e.new AND m.config_id = c.new AND m.seed = s.seed;

INSERT INTO temp.merged_id
SELECT 'run', old, coalesce(new, (SELECT run - 1 FROM new_id)
                                 + row_number() OVER (PARTITION BY new IS NULL ORDER BY old)), new IS NULL
FROM temp.merged_run;
