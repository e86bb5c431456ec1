-- The same to look at: after the last epoch, without histograms.
WITH measured AS (
    SELECT ordinal, layer, name, printf('%.3g', value) AS value FROM layer_metric
    WHERE run_uid = ?1 AND bin IS NULL
      AND epoch = (SELECT max(epoch) FROM layer_metric WHERE run_uid = ?1))
SELECT layer,
       max(value) FILTER (WHERE name = 'flips') AS flips,
       max(value) FILTER (WHERE name = 'never_flipped') AS never,
       max(value) FILTER (WHERE name = 'masked') AS masked,
       max(value) FILTER (WHERE name = 'balance') AS positive,
       max(value) FILTER (WHERE name = 'saturation') AS saturated,
       max(value) FILTER (WHERE name = 'dead') AS dead,
       max(value) FILTER (WHERE name = 'norm_negative') AS negative,
       max(value) FILTER (WHERE name = 'gradient_norm') AS gradient,
       max(value) FILTER (WHERE name = 'gradient_cosine') AS cosine
FROM measured
GROUP BY ordinal, layer
ORDER BY ordinal;
