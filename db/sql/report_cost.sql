-- What configs reach, and what that costs: means over their runs.
SELECT label, count(*) AS n, avg(:value) AS mean, avg(model_bytes) AS model_bytes,
       avg(latency_us) AS latency_us, avg(float32_bytes) AS float32_bytes
FROM run_summary
WHERE experiment = :experiment AND in_spec AND need IS NULL AND dropped_at IS NULL
  AND state = 'done' AND seed IN (:seeds)
GROUP BY config ORDER BY mean DESC;
