-- In what two runs (?1, ?2) differ. epoch: the first with a metric that differs; what took how long
-- is no difference. (+: a column of several types has none.)
WITH side AS (
    SELECT run.run_uid = ?1 AS first, run.*, attempt.environment_id, attempt.dataset_id
    FROM run LEFT JOIN attempt
      ON attempt.run_id = run.run_id AND attempt.attempt = run.n_attempts
    WHERE run.run_uid IN (?1, ?2) AND ?1 <> ?2
),
fact(first, place, part, key, epoch, value) AS (
    SELECT first, 1, 'run', 'experiment', NULL, +name FROM side JOIN experiment USING (experiment_id)
    UNION ALL
    SELECT first, 1, 'run', 'label', NULL, +label
    FROM side JOIN experiment_config USING (experiment_id, config_id)
    UNION ALL
    SELECT first, 1, 'run', 'seed', NULL, +seed FROM side
    UNION ALL
    SELECT first, 1, 'run', 'state', NULL, +summary.state
    FROM side JOIN run_summary AS summary USING (run_uid)
    UNION ALL
    SELECT first, 2, 'parameter', key, NULL, +value FROM side JOIN config_param USING (config_id)
    UNION ALL
    SELECT first, 3, 'data', 'name', NULL, +name FROM side JOIN dataset USING (dataset_id)
    UNION ALL
    SELECT first, 3, 'data', 'sha256', NULL, +sha256 FROM side JOIN dataset USING (dataset_id)
    UNION ALL
    SELECT first, 3, 'data', 'source', NULL, +source FROM side JOIN dataset USING (dataset_id)
    UNION ALL
    SELECT first, 4, 'plugin', kind || ' ' || name, NULL, +sha256
    FROM side JOIN run_plugin ON run_plugin.run_id = side.run_id AND attempt = n_attempts
         JOIN plugin USING (plugin_id)
    UNION ALL
    SELECT first, 5, 'environment', column1, NULL,
           CASE column1 WHEN 'host' THEN host WHEN 'os' THEN os WHEN 'cpu_model' THEN cpu_model
                        WHEN 'n_cpu' THEN n_cpu WHEN 'kernels' THEN kernels
                        WHEN 'compiler' THEN compiler WHEN 'cflags' THEN cflags
                        WHEN 'version' THEN version WHEN 'revision' THEN revision
                        ELSE libraries END
    FROM side JOIN environment USING (environment_id),
         (VALUES ('host'), ('os'), ('cpu_model'), ('n_cpu'), ('kernels'), ('compiler'), ('cflags'),
                 ('version'), ('revision'), ('libraries'))
    UNION ALL
    SELECT first, 6, 'epoch', name, epoch, coalesce(special, value)
    FROM side JOIN metric USING (run_id)
    WHERE epoch > 0 AND name <> 'seconds'
    UNION ALL
    SELECT first, 7, 'result', name, NULL, coalesce(special, value)
    FROM side JOIN metric USING (run_id)
    WHERE epoch = 0
    UNION ALL
    SELECT first, 8, 'file', kind, NULL, +sha256 FROM side JOIN artifact USING (run_id)
    WHERE kind = 'weights' -- a model file names its run
),
pair AS (
    SELECT place, part, key, epoch, max(value) FILTER (WHERE first) AS a,
           max(value) FILTER (WHERE NOT first) AS b
    FROM fact GROUP BY place, part, key, epoch
)
SELECT part, key, epoch, a, b FROM pair
WHERE a IS NOT b AND (part <> 'file' OR (a NOTNULL AND b NOTNULL))
  AND epoch IS (CASE part WHEN 'epoch' THEN (SELECT min(epoch) FROM pair WHERE a IS NOT b) END)
ORDER BY place, key;
