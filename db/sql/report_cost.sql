-- What configs reach, and what that costs: means over their runs. On the front is what no other config beats: none is
-- as good in all three, accuracy, bytes and microseconds, and better in one; beaten_by is the best of those that are.
WITH cost AS MATERIALIZED (
    SELECT label, count(*) AS n, round(avg(:value), 9) AS mean, avg(model_bytes) AS model_bytes,
           avg(latency_us) AS latency_us, avg(float32_bytes) AS float32_bytes
    FROM run_summary
    WHERE experiment = :experiment AND in_spec AND need IS NULL AND dropped_at IS NULL
      AND state = 'done' AND seed IN (:seeds)
    GROUP BY config),
judged AS (
    SELECT *, (SELECT other.label FROM cost AS other
               WHERE :goal * (other.mean - own.mean) >= 0 -- 1: more is better; -1: less is
                 AND other.model_bytes <= own.model_bytes AND other.latency_us <= own.latency_us
                 AND (other.mean <> own.mean OR other.model_bytes < own.model_bytes
                      OR other.latency_us < own.latency_us)
               ORDER BY :goal * other.mean DESC, other.model_bytes, other.latency_us, other.label LIMIT 1) AS beaten_by
    FROM cost AS own)
SELECT *, CASE WHEN mean + model_bytes + latency_us NOTNULL THEN beaten_by ISNULL END AS on_front
FROM judged ORDER BY :goal * mean DESC, label;
