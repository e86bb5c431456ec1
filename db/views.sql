-- views.sql - the SQL interface. Names and columns stay; columns may be added at the end.
-- They need nothing but SQLite itself: no function of bnnrun, and no sqrt(), which SQLite may have
-- been built without. Made anew whenever the schema changes; for an older database that may only be
-- read, as temporary views of the connection (see store_migrate.c).
--
-- The rows of an aggregate may differ in the seed, and in nothing else that is not shown: group by
-- experiment and config. A label alone does not tell a config from one of an earlier revision of
-- the spec; in_spec (a config of the newest revision) and differs do.

-- Metrics with the values that SQLite cannot hold: infinities as such, NaN as NULL.
DROP VIEW IF EXISTS main.metric_value;
CREATE VIEW main.metric_value AS
SELECT run_id, name, epoch, special,
       CASE special WHEN 'inf' THEN 9e999 WHEN '-inf' THEN -9e999 ELSE value END AS value
FROM metric;

-- One row a config of an experiment. config: the first digits of its hash. need: start or teacher, of one
-- that is no point of the sweep, but needed by others; rung, of a point at a rung of fewer epochs
-- (sweep.halving); NULL of all others. differs: the settings in
-- which configs of the same label differ, as "train.epochs=5"; NULL when the label alone tells it.
-- is_drawn: 1 of points that sweep.random made. dropped_at: the rung at which sweep.halving dropped it; NULL: none.
DROP VIEW IF EXISTS main.config_summary;
CREATE VIEW main.config_summary AS
SELECT own.experiment_id, own.config_id, own.label, own.is_baseline, own.in_spec, own.ordinal,
       (SELECT substr(hash, 1, 12) FROM config WHERE config.config_id = own.config_id) AS config,
       CASE WHEN EXISTS (SELECT 1 FROM experiment_config AS peer -- or it takes long to find nothing
                         WHERE peer.experiment_id = own.experiment_id AND peer.label = own.label
                           AND peer.config_id <> own.config_id)
       THEN (SELECT group_concat(key || '=' || coalesce(value, 'unset'), ' ')
             FROM (SELECT param.key,
                          max(param.value) FILTER (WHERE peer.config_id = own.config_id) AS value
                   FROM experiment_config AS peer JOIN config_param AS param USING (config_id)
                   WHERE peer.experiment_id = own.experiment_id AND peer.label = own.label
                   GROUP BY param.key
                   HAVING min(param.value) <> max(param.value)
                       OR count(*) < (SELECT count(*) FROM experiment_config AS peer
                                      WHERE peer.experiment_id = own.experiment_id
                                        AND peer.label = own.label)
                   ORDER BY param.key)) END AS differs,
       own.need, own.is_drawn,
       (SELECT min(rung) FROM rung WHERE rung.experiment_id = own.experiment_id
        AND rung.config_id = own.config_id AND NOT kept) AS dropped_at
FROM experiment_config AS own;

-- What each look at an experiment with seeds.until said of a config that was still in. seeds: of a config at
-- the look; n: those with a result of it and of the baseline. difference, low and high are in the unit of the
-- comparison's metric, accuracies in fractions. A p up to level decides; the last row of a config has its
-- verdict.
DROP VIEW IF EXISTS main.comparison_look;
CREATE VIEW main.comparison_look AS
SELECT experiment.name AS experiment, look.look, look.seeds, own.label, own.config, look.n,
       look.n_failed, look.difference, look.low, look.high, look.p, look.level, look.verdict,
       datetime(look.looked_us / 1000000, 'unixepoch') AS looked_utc, own.ordinal,
       own.differs
FROM look JOIN experiment USING (experiment_id)
JOIN config_summary AS own USING (experiment_id, config_id);

-- How each point stood at the rungs of sweep.halving that it reached. epochs, n: of the runs that counted, and how
-- many of them there are; validation_accuracy: the mean of those that did not fail; n_in, n_kept: how many points
-- reached the rung, and went on; cut: the accuracy of the last of these. run_config: the config of the runs, another
-- one where they have fewer epochs.
DROP VIEW IF EXISTS main.halving_rung;
CREATE VIEW main.halving_rung AS
SELECT experiment.name AS experiment, rung.rung, rung.epochs, own.label, own.config, rung.n,
       rung.n_failed, rung.mean AS validation_accuracy, rung.place, rung.n_in, rung.n_kept, rung.cut,
       rung.kept, (SELECT substr(hash, 1, 12) FROM config WHERE config_id = rung.trained_id)
           AS run_config, own.ordinal, own.differs
FROM rung JOIN experiment USING (experiment_id)
JOIN config_summary AS own USING (experiment_id, config_id);

-- Every resolved parameter of every config, typed; booleans are 0 and 1.
DROP VIEW IF EXISTS main.config_setting;
CREATE VIEW main.config_setting AS
SELECT substr(config.hash, 1, 12) AS config, config_param.key, config_param.value
FROM config CROSS JOIN config_param USING (config_id); -- the config first: it has an index

-- The same of every run.
DROP VIEW IF EXISTS main.run_param;
CREATE VIEW main.run_param AS
SELECT run.run_uid, config_param.key, config_param.value
FROM run JOIN config_param USING (config_id);

-- The runs that a run was trained with: its start, whose weights it started from, and its teacher.
-- sha256: of the weights that were used; now_sha256: of those that the other run has now, NULL when
-- it has none. need_label and need_state are NULL when it was removed.
DROP VIEW IF EXISTS main.run_link;
CREATE VIEW main.run_link AS
SELECT run.run_uid, run_need.purpose, run_need.need_uid, experiment_config.label AS need_label,
       CASE WHEN need.state = 'done' AND need.stale NOTNULL THEN 'stale' ELSE need.state END
           AS need_state,
       run_need.sha256,
       (SELECT artifact.sha256 FROM artifact
        WHERE artifact.run_id = need.run_id AND artifact.kind = 'weights'
        ORDER BY artifact.created_us DESC LIMIT 1) AS now_sha256
FROM run_need JOIN run USING (run_id)
LEFT JOIN run AS need ON need.run_id = run_need.need_run_id
LEFT JOIN experiment_config ON experiment_config.experiment_id = need.experiment_id
                           AND experiment_config.config_id = need.config_id;

-- What was measured after each epoch. value is NULL for NaN; then special says 'nan'.
DROP VIEW IF EXISTS main.epoch_metric;
CREATE VIEW main.epoch_metric AS
SELECT run.run_uid, metric_value.epoch, metric_value.name, metric_value.value,
       metric_value.special
FROM run JOIN metric_value USING (run_id)
WHERE metric_value.epoch > 0;

-- What was measured once for the whole run.
DROP VIEW IF EXISTS main.run_metric;
CREATE VIEW main.run_metric AS
SELECT run.run_uid, metric_value.name, metric_value.value, metric_value.special
FROM run JOIN metric_value USING (run_id)
WHERE metric_value.epoch = 0;

-- What a run takes each image of its test set for. Classes are blobs of a byte an image, in the order
-- of the images, for Python's numpy.frombuffer(blob, numpy.uint8); the queries confusion and
-- disagreement take them apart in SQL. Runs with the same test_set were tested on the same images.
-- sample: all of the data set's test images, or as many of them, random or the first.
DROP VIEW IF EXISTS main.run_prediction;
CREATE VIEW main.run_prediction AS
SELECT run.run_uid, test_set.test_set_id AS test_set, test_set.sample,
       length(test_set.classes) AS n_images, test_set.n_classes,
       test_set.classes AS true_classes, prediction.classes AS predicted_classes
FROM run JOIN prediction USING (run_id)
JOIN test_set USING (test_set_id)
WHERE length(test_set.classes) = length(prediction.classes);

-- The layers of each run's network. bits and packed_bytes: as deployed.
DROP VIEW IF EXISTS main.layer_size;
CREATE VIEW main.layer_size AS
SELECT run.run_uid, layer.name AS layer, layer.kind, layer.n_parameters, layer.bits,
       layer.float32_bytes, layer.packed_bytes, layer.ordinal, layer.macs, layer.binary_weights,
       layer.binary_inputs
FROM run JOIN layer USING (run_id);

-- What telemetry measured of a layer after an epoch; db/README.md says what each name means. bin: of a
-- histogram, the bound of the bin that is nearer to zero; NULL for all else. ordinal: the operation in
-- the network, from 0.
DROP VIEW IF EXISTS main.layer_metric;
CREATE VIEW main.layer_metric AS
SELECT run.run_uid, layer_value.epoch, measured_layer.name AS layer, quantity.name,
       layer_value.value, quantity.bin, measured_layer.ordinal
FROM run CROSS JOIN layer_value USING (run_id) -- the runs first: they have an index
JOIN quantity USING (quantity_id)
JOIN measured_layer USING (measured_layer_id);

-- One row a run, whatever its state; what is not known (yet) is NULL. Accuracies are fractions.
-- test_accuracy is that of the epoch with the best validation accuracy: the test set has no say.
-- Latency and throughput are medians over the repetitions. Each column looks up the rows of its own
-- run, so that asking about one run does not visit them all. state is 'stale' for a done run that
-- the spec would not give now, say because a plugin or the data have changed: stale says why.
DROP VIEW IF EXISTS main.run_summary;
CREATE VIEW main.run_summary AS
SELECT run.run_uid,
       experiment.name AS experiment,
       config_summary.label,
       run.seed,
       CASE WHEN run.state = 'done' AND run.stale NOTNULL THEN 'stale' ELSE run.state END AS state,
       (SELECT CAST(value AS INTEGER) FROM metric
        WHERE run_id = run.run_id AND name = 'best_epoch' AND epoch = 0) AS best_epoch,
       (SELECT value FROM metric_value
        WHERE run_id = run.run_id AND name = 'validation_accuracy' AND epoch = 0)
           AS validation_accuracy,
       (SELECT value FROM metric_value
        WHERE run_id = run.run_id AND name = 'test_accuracy' AND epoch = 0) AS test_accuracy,
       (SELECT value FROM metric_value
        WHERE run_id = run.run_id AND name = 'last_test_accuracy' AND epoch = 0)
           AS last_test_accuracy,
       (SELECT sum(wall_ns) / 1e9 FROM timing
        WHERE run_id = run.run_id AND phase = 'train_epoch') AS train_seconds,
       (SELECT sum(n_parameters) FROM layer WHERE run_id = run.run_id) AS n_parameters,
       (SELECT sum(float32_bytes) FROM layer WHERE run_id = run.run_id) AS float32_bytes,
       CASE WHEN EXISTS (SELECT 1 FROM artifact WHERE run_id = run.run_id)
            THEN (SELECT n_bytes FROM artifact WHERE run_id = run.run_id AND kind = 'model'
                  ORDER BY created_us DESC LIMIT 1)
            ELSE (SELECT sum(packed_bytes) FROM layer WHERE run_id = run.run_id)
       END AS model_bytes,
       (SELECT avg(wall_ns) / 1e3
        FROM (SELECT wall_ns, row_number() OVER (ORDER BY wall_ns) AS place
              FROM timing WHERE run_id = run.run_id AND phase = 'inference_1'),
             (SELECT count(*) AS n FROM timing WHERE run_id = run.run_id AND phase = 'inference_1')
        WHERE place IN ((n + 1) / 2, n / 2 + 1)) AS latency_us,
       (SELECT 1e9 / avg(wall_ns)
        FROM (SELECT wall_ns, row_number() OVER (ORDER BY wall_ns) AS place
              FROM timing WHERE run_id = run.run_id AND phase = 'inference_64'),
             (SELECT count(*) AS n FROM timing WHERE run_id = run.run_id AND phase = 'inference_64')
        WHERE place IN ((n + 1) / 2, n / 2 + 1)) AS images_per_second,
       (SELECT CAST(value AS INTEGER) FROM metric
        WHERE run_id = run.run_id AND name = 'mismatches' AND epoch = 0) AS mismatches,
       run.n_attempts,
       config_summary.is_baseline,
       config_summary.in_spec,
       (SELECT max(co_runners) FROM timing
        WHERE run_id = run.run_id AND phase = 'inference_1') AS latency_co_runners,
       config_summary.config,
       config_summary.differs,
       run.stale,
       datetime(run.created_us / 1000000, 'unixepoch') AS created_utc,
       (SELECT datetime(started_us / 1000000, 'unixepoch') FROM attempt
        WHERE run_id = run.run_id AND attempt = run.n_attempts) AS started_utc,
       (SELECT datetime(ended_us / 1000000, 'unixepoch') FROM attempt
        WHERE run_id = run.run_id AND attempt = run.n_attempts) AS ended_utc,
       (SELECT group_concat(tag, ' ') FROM (SELECT tag FROM run_tag
                                            WHERE run_id = run.run_id ORDER BY tag)) AS tags,
       run.note,
       config_summary.need,
       config_summary.dropped_at
FROM run
JOIN experiment USING (experiment_id)
JOIN config_summary USING (experiment_id, config_id);

-- The runs in state done that are not stale, with their test_accuracy. By numbers, for the views
-- below, like the next.
DROP VIEW IF EXISTS main.done_run;
CREATE VIEW main.done_run AS
SELECT run.experiment_id, run.config_id, run.seed, run.run_uid, metric_value.value AS test_accuracy
FROM run CROSS JOIN metric_value USING (run_id) -- the runs first: they have an index
WHERE run.state = 'done' AND run.stale IS NULL AND metric_value.name = 'test_accuracy'
  AND metric_value.epoch = 0 AND metric_value.value NOTNULL;

-- Such a run beside that of a baseline with the same seed, both of the newest spec: how much more
-- test accuracy it has. By names, it is baseline_pair.
DROP VIEW IF EXISTS main.run_pair;
CREATE VIEW main.run_pair AS
WITH baseline AS MATERIALIZED ( -- or all configs are searched for baselines, for each run
    SELECT done_run.* FROM experiment_config CROSS JOIN done_run USING (experiment_id, config_id)
    WHERE experiment_config.is_baseline AND experiment_config.in_spec)
SELECT own.experiment_id, own.config_id, baseline.config_id AS baseline_id, own.seed,
       own.test_accuracy - baseline.test_accuracy AS difference,
       own.run_uid, baseline.run_uid AS baseline_uid
FROM experiment_config CROSS JOIN done_run AS own USING (experiment_id, config_id)
CROSS JOIN baseline USING (experiment_id, seed)
WHERE NOT experiment_config.is_baseline AND experiment_config.in_spec;

DROP VIEW IF EXISTS main.baseline_pair;
CREATE VIEW main.baseline_pair AS
SELECT experiment.name AS experiment, own.label, run_pair.seed, baseline.label AS baseline,
       difference, run_uid, baseline_uid, own.config, baseline.config AS baseline_config, own.need
FROM run_pair JOIN experiment USING (experiment_id)
JOIN config_summary AS own USING (experiment_id, config_id)
CROSS JOIN config_summary AS baseline -- last: it is found by its key
  ON baseline.experiment_id = run_pair.experiment_id AND baseline.config_id = baseline_id;

-- Mean and spread over the seeds of what a config's runs in state done came to: its test_accuracy,
-- and its difference to each baseline. sd is the sample standard deviation: NULL for fewer than two.
-- It is taken around the mean, because sums of squares of accuracies close to 1 cancel; its root
-- comes from Newton's iteration, which falls until nothing changes any more. By numbers, which sort
-- faster than names; by names, it is spread. Each quantity is averaged by itself, so that SQLite
-- leaves out the one that is not asked for.
DROP VIEW IF EXISTS main.config_spread;
CREATE VIEW main.config_spread AS
WITH varied AS (
    SELECT 'test_accuracy' AS quantity, experiment_id, config_id, NULL AS baseline_id,
           count(*) AS n, mean,
           sum((value - mean) * (value - mean)) / (count(*) - 1) AS variance,
           min(value) AS lowest, max(value) AS highest,
           sum(value > 0) AS n_positive, sum(value < 0) AS n_negative
    FROM (SELECT experiment_id, config_id, test_accuracy AS value, avg(test_accuracy) OVER (
              PARTITION BY experiment_id, config_id ORDER BY seed
              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS mean
          FROM done_run)
    GROUP BY experiment_id, config_id
    UNION ALL
    SELECT 'difference', experiment_id, config_id, baseline_id, count(*), mean,
           sum((value - mean) * (value - mean)) / (count(*) - 1),
           min(value), max(value), sum(value > 0), sum(value < 0)
    FROM (SELECT experiment_id, config_id, baseline_id, difference AS value, avg(difference) OVER (
              PARTITION BY experiment_id, config_id, baseline_id ORDER BY seed
              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS mean
          FROM run_pair)
    GROUP BY experiment_id, config_id, baseline_id)
SELECT quantity, experiment_id, config_id, baseline_id, n, mean,
       CASE WHEN variance > 0 THEN (
           WITH RECURSIVE newton(root) AS (
               SELECT (1 + variance) / 2
               UNION ALL
               SELECT (root + variance / root) / 2 FROM newton
               WHERE (root + variance / root) / 2 < root)
           SELECT min(root) FROM newton)
       ELSE variance END AS sd,
       lowest, highest, n_positive, n_negative
FROM varied;

-- baseline_config: '' for the test_accuracy.
DROP VIEW IF EXISTS main.spread;
CREATE VIEW main.spread AS
SELECT quantity, experiment.name AS experiment, own.label, baseline.label AS baseline, n, mean, sd,
       lowest, highest, n_positive, n_negative, own.in_spec, own.config,
       coalesce(baseline.config, '') AS baseline_config, own.need, own.dropped_at
FROM config_spread JOIN experiment USING (experiment_id)
JOIN config_summary AS own USING (experiment_id, config_id)
LEFT JOIN config_summary AS baseline
       ON baseline.experiment_id = config_spread.experiment_id
      AND baseline.config_id = baseline_id;

-- One row a config of an experiment, also without a finished run. Only runs in state done enter the
-- numbers; n counts them. sd: see spread.
DROP VIEW IF EXISTS main.leaderboard;
CREATE VIEW main.leaderboard AS
WITH
average AS (
    SELECT run.experiment_id, run.config_id, avg(run_summary.train_seconds) AS train_seconds,
           max(run_summary.float32_bytes) AS float32_bytes,
           max(run_summary.model_bytes) AS model_bytes, avg(run_summary.latency_us) AS latency_us
    FROM run JOIN run_summary USING (run_uid)
    WHERE run_summary.state = 'done' GROUP BY run.experiment_id, run.config_id),
progress AS (
    SELECT experiment_id, config_id, sum(state = 'done' AND stale IS NULL) AS n,
           sum(state = 'failed') AS n_failed, sum(state NOT IN ('done', 'failed')) AS n_unfinished,
           sum(state = 'done' AND stale NOTNULL) AS n_stale
    FROM run GROUP BY experiment_id, config_id)
SELECT experiment.name AS experiment,
       config_summary.label,
       coalesce(progress.n, 0) AS n,
       coalesce(progress.n_failed, 0) AS n_failed,
       accuracy.mean AS mean_test_accuracy,
       accuracy.sd AS sd_test_accuracy,
       average.train_seconds AS mean_train_seconds,
       average.float32_bytes,
       average.model_bytes,
       average.latency_us,
       coalesce(progress.n_unfinished, 0) AS n_unfinished,
       config_summary.is_baseline,
       config_summary.in_spec,
       config_summary.ordinal,
       config_summary.config,
       config_summary.differs,
       coalesce(progress.n_stale, 0) AS n_stale,
       config_summary.need,
       config_summary.dropped_at
FROM config_summary
JOIN experiment USING (experiment_id)
LEFT JOIN progress USING (experiment_id, config_id)
LEFT JOIN average USING (experiment_id, config_id)
LEFT JOIN config_spread AS accuracy
       ON accuracy.quantity = 'test_accuracy'
      AND accuracy.experiment_id = config_summary.experiment_id
      AND accuracy.config_id = config_summary.config_id;

-- One row a contender and batch of each benchmark. us: microseconds for an image, median and
-- quartiles of the rounds. times_*: how often the time of this contender goes into that of another
-- at the same batch, as in "9 times as fast as float" (with the same engine). newest: no later
-- benchmark of the same model in the same environment is there.
DROP VIEW IF EXISTS main.benchmark_summary;
CREATE VIEW main.benchmark_summary AS
SELECT benchmark.benchmark_id,
       run.run_uid,
       experiment.name AS experiment,
       config_summary.label,
       run.seed,
       result.contender,
       result.engine,
       result.batch,
       result.median_ns / 1e3 AS us,
       result.low_ns / 1e3 AS low_us,
       result.high_ns / 1e3 AS high_us,
       1e9 / result.median_ns AS images_per_second,
       (SELECT median_ns FROM benchmark_result AS other
        WHERE other.benchmark_id = result.benchmark_id AND other.batch = result.batch
          AND other.contender = 'float' AND other.engine = result.engine)
           / result.median_ns AS times_float,
       (SELECT min(median_ns) FROM benchmark_result AS other
        WHERE other.benchmark_id = result.benchmark_id AND other.batch = result.batch
          AND other.contender = 'twin') / result.median_ns AS times_twin,
       (SELECT min(median_ns) FROM benchmark_result AS other
        WHERE other.benchmark_id = result.benchmark_id AND other.batch = result.batch
          AND other.contender = 'onnxruntime') / result.median_ns AS times_onnxruntime,
       (SELECT min(median_ns) FROM benchmark_result AS other
        WHERE other.benchmark_id = result.benchmark_id AND other.batch = result.batch
          AND other.contender = 'onnxruntime_twin') / result.median_ns AS times_onnxruntime_twin,
       benchmark.rounds,
       benchmark.co_runners,
       result.cpu_share,
       environment.host,
       environment.cpu_model,
       environment.compiler,
       datetime(benchmark.started_us / 1000000, 'unixepoch') AS started_utc,
       benchmark.model,
       benchmark.model_sha256,
       benchmark.images,
       benchmark.benchmark_id IN (SELECT max(benchmark_id) FROM benchmark
                                  GROUP BY model_sha256, environment_id) AS newest,
       config_summary.config,
       config_summary.differs,
       config_summary.need
FROM benchmark
JOIN benchmark_result AS result USING (benchmark_id)
JOIN environment USING (environment_id)
LEFT JOIN run USING (run_id)
LEFT JOIN experiment USING (experiment_id)
LEFT JOIN config_summary USING (experiment_id, config_id);

-- The layers of each benchmark's contenders; share: of the contender's profiled time.
DROP VIEW IF EXISTS main.benchmark_stage;
CREATE VIEW main.benchmark_stage AS
SELECT benchmark_layer.benchmark_id, run.run_uid, benchmark_layer.contender,
       benchmark_layer.engine, benchmark_layer.batch, benchmark_layer.ordinal,
       benchmark_layer.layer, benchmark_layer.integer_sums,
       benchmark_layer.median_ns / 1e3 AS us,
       benchmark_layer.median_ns / sum(benchmark_layer.median_ns) OVER (
           PARTITION BY benchmark_layer.benchmark_id, contender, engine, batch) AS share
FROM benchmark_layer
JOIN benchmark USING (benchmark_id)
LEFT JOIN run USING (run_id);
