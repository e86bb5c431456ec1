-- What the configs of an experiment's newest spec reach, and what that costs.
SELECT label, n, 100 * mean_test_accuracy AS test_accuracy, model_bytes, latency_us, float32_bytes
FROM leaderboard
WHERE experiment = :experiment AND in_spec AND need IS NULL AND dropped_at IS NULL
ORDER BY mean_test_accuracy DESC;
