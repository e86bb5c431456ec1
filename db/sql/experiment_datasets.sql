-- The names of the data sets that the runs of an experiment are about, in its newest spec.
WITH own AS MATERIALIZED (
    SELECT min(run_uid) AS run_uid FROM run_summary
    WHERE experiment = :experiment AND in_spec AND need IS NULL GROUP BY config)
SELECT DISTINCT run_param.value AS dataset
FROM own CROSS JOIN run_param USING (run_uid)
WHERE run_param.key = 'dataset.name' ORDER BY 1;
