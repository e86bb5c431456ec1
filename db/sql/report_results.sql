-- The results that are compared: a row a run.
SELECT label, seed, state, CASE WHEN state = 'done' THEN :value END AS value
FROM run_summary
WHERE experiment = :experiment AND in_spec AND need IS NULL AND dropped_at IS NULL AND seed IN (:seeds)
ORDER BY label, seed;
