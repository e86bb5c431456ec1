-- What was measured after each epoch of the runs that are compared.
SELECT label, seed, state, epoch, name, value
FROM run_summary JOIN epoch_metric USING (run_uid)
WHERE experiment = :experiment AND in_spec AND need IS NULL AND dropped_at IS NULL AND seed IN (:seeds)
ORDER BY name, label, seed, epoch;
