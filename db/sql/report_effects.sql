-- The results that are compared: a row a run of the newest spec of an experiment.
SELECT label, is_baseline, seed, state, test_accuracy, model_bytes, latency_us, train_seconds
FROM run_summary
WHERE experiment = :experiment AND in_spec AND need IS NULL AND dropped_at IS NULL
ORDER BY label, seed;
