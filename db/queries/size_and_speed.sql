-- What does each config cost in bytes and in time, and what is left of the accuracy? (without starts and teachers)
SELECT experiment, label, mean_test_accuracy, float32_bytes, model_bytes,
       CAST(float32_bytes AS REAL) / model_bytes AS times_smaller,
       latency_us,
       (SELECT avg(images_per_second) FROM run_summary AS s
        WHERE s.experiment = leaderboard.experiment AND s.label = leaderboard.label
          AND s.in_spec AND s.state = 'done') AS images_per_second,
       mean_train_seconds
FROM leaderboard
WHERE in_spec AND n > 0 AND need IS NULL AND dropped_at IS NULL
  AND (:experiment IS NULL OR experiment = :experiment)
ORDER BY experiment, model_bytes, mean_test_accuracy DESC, label;
