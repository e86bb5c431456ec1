-- What was measured after each epoch of the runs of an experiment's newest spec.
SELECT label, seed, epoch, name, value
FROM run_summary JOIN epoch_metric USING (run_uid)
WHERE experiment = :experiment AND in_spec AND need IS NULL AND dropped_at IS NULL
ORDER BY name, label, seed, epoch;
