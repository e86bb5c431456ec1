-- Each gradient against `clipped` and against the float network: differences within pairs of one seed,
-- in percentage points, with the half width of their 95 % confidence interval.
WITH result AS (
  SELECT config, label, seed, test_accuracy AS accuracy, is_baseline
  FROM run_summary
  WHERE experiment = 'ste_gradients' AND state = 'done' AND in_spec),
clipped AS (SELECT seed, accuracy FROM result WHERE label = 'ste=clipped'),
float AS (SELECT seed, accuracy FROM result WHERE is_baseline)
SELECT r.label, count(*) AS n,
       round(100 * mean(r.accuracy), 3) AS accuracy,
       round(100 * sd(r.accuracy), 3) AS sd,
       round(100 * mean(r.accuracy - clipped.accuracy), 3) AS points_to_clipped,
       round(100 * ci95(r.accuracy - clipped.accuracy), 3) AS clipped_ci95,
       round(100 * mean(r.accuracy - float.accuracy), 3) AS points_to_float,
       round(100 * ci95(r.accuracy - float.accuracy), 3) AS float_ci95
FROM result r
LEFT JOIN clipped ON clipped.seed = r.seed
LEFT JOIN float ON float.seed = r.seed
GROUP BY r.config
ORDER BY accuracy DESC;
