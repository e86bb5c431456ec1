-- Each config of a study: accuracy over its seeds in percent, the bytes of a model file, the time of one image.
-- bnnrun query experiments/results.sql experiment=NAME; the verdicts are those of `bnnrun compare NAME`.
SELECT label, count(*) AS n,
       round(100 * mean(test_accuracy), 3) AS accuracy,
       round(100 * sd(test_accuracy), 3) AS sd,
       round(100 * min(test_accuracy), 2) AS least,
       round(100 * max(test_accuracy), 2) AS most,
       max(model_bytes) AS model_bytes,
       round(median(latency_us), 2) AS latency_us,
       round(mean(train_seconds), 1) AS train_seconds
FROM run_summary
WHERE state = 'done' AND in_spec AND (:experiment IS NULL OR experiment = :experiment)
GROUP BY experiment, config
ORDER BY experiment, accuracy DESC, label;
