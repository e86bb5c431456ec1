-- Which configs does no other beat in accuracy, bytes and time at once, and which beats the rest? (without starts and teachers)
WITH cost AS MATERIALIZED (
    SELECT experiment, label, config, n, round(mean_test_accuracy, 11) AS mean_test_accuracy,
           model_bytes, latency_us
    FROM leaderboard
    WHERE in_spec AND n > 0 AND need IS NULL AND dropped_at IS NULL
      AND (:experiment IS NULL OR experiment = :experiment)),
judged AS (
    SELECT *, (SELECT other.label FROM cost AS other
               WHERE other.experiment = own.experiment
                 AND other.mean_test_accuracy >= own.mean_test_accuracy
                 AND other.model_bytes <= own.model_bytes AND other.latency_us <= own.latency_us
                 AND (other.mean_test_accuracy > own.mean_test_accuracy
                      OR other.model_bytes < own.model_bytes OR other.latency_us < own.latency_us)
               ORDER BY other.mean_test_accuracy DESC, other.model_bytes, other.latency_us, other.label
               LIMIT 1) AS beaten_by
    FROM cost AS own)
SELECT experiment, label, n, mean_test_accuracy, model_bytes, latency_us, beaten_by,
       CASE WHEN mean_test_accuracy + model_bytes + latency_us NOTNULL THEN beaten_by ISNULL END AS on_front
FROM judged ORDER BY experiment, mean_test_accuracy DESC, label;
