-- What is judged: each config less the baseline, over the seeds of which both have a result.
WITH result AS MATERIALIZED (
    SELECT config, label, seed, :value AS value FROM run_summary
    WHERE experiment = :experiment AND in_spec AND need IS NULL AND dropped_at IS NULL
      AND state = 'done' AND seed IN (:seeds))
SELECT own.label, count(*) AS n, avg(own.value) AS mean, avg(own.value - baseline.value) AS difference
FROM result AS own JOIN result AS baseline USING (seed)
WHERE baseline.config = :baseline AND own.config <> baseline.config
  AND own.value NOTNULL AND baseline.value NOTNULL
GROUP BY own.config ORDER BY difference DESC;
