-- Each gradient against `clipped` and against the float network: differences within pairs of one seed,
-- in percentage points, with the half width of their 95 % confidence interval.
WITH result AS (
  SELECT r.label, r.seed, r.test_accuracy AS accuracy, w.value AS binary_weights, s.value AS ste
  FROM run_summary r
  JOIN run_param w ON w.run_uid = r.run_uid AND w.key = 'model.binarize.weights'
  LEFT JOIN run_param s ON s.run_uid = r.run_uid AND s.key = 'model.ste'
  WHERE r.experiment = 'ste_gradients' AND r.state = 'done'),
clipped AS (SELECT seed, accuracy FROM result WHERE ste = 'clipped'),
float AS (SELECT seed, accuracy FROM result WHERE binary_weights = 0)
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
GROUP BY r.label
ORDER BY accuracy DESC;
