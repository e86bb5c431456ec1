-- All numbers that were measured of a run (?1: its uid), by step and name. time_us of what has none of its own: of
-- its epoch, or of the end of the run.
WITH own AS (
    SELECT run_id, coalesce((SELECT max(epoch) FROM metric WHERE run_id = run.run_id), 0) AS last,
           coalesce((SELECT ended_us FROM attempt
                     WHERE run_id = run.run_id AND attempt = run.n_attempts),
                    (SELECT max(time_us) FROM metric WHERE run_id = run.run_id),
                    run.created_us) AS end_us
    FROM run WHERE run_uid = ?1),
measured AS (
    SELECT iif(epoch = 0, 'final/', '') || metric.name AS name, iif(epoch = 0, own.last, epoch) AS step,
           CASE special WHEN 'inf' THEN 9e999 WHEN '-inf' THEN -9e999 ELSE value END AS value,
           time_us
    FROM own CROSS JOIN metric USING (run_id)
    UNION ALL
    SELECT quantity.name || '/' || measured_layer.name, layer_value.epoch, layer_value.value,
           coalesce((SELECT max(time_us) FROM metric
                     WHERE run_id = own.run_id AND epoch = layer_value.epoch), own.end_us)
    FROM own CROSS JOIN layer_value USING (run_id)
    JOIN quantity USING (quantity_id) JOIN measured_layer USING (measured_layer_id)
    WHERE quantity.bin IS NULL
    UNION ALL
    SELECT 'final/' || size.name, own.last,
           CASE size.name WHEN 'train_seconds' THEN train_seconds
                          WHEN 'float32_bytes' THEN float32_bytes
                          WHEN 'model_bytes' THEN model_bytes
                          WHEN 'latency_us' THEN latency_us ELSE images_per_second END AS value,
           own.end_us
    FROM own CROSS JOIN run_summary ON run_summary.run_uid = ?1
    CROSS JOIN (SELECT 'train_seconds' AS name UNION ALL SELECT 'float32_bytes'
                UNION ALL SELECT 'model_bytes' UNION ALL SELECT 'latency_us'
                UNION ALL SELECT 'images_per_second') AS size
    WHERE value NOTNULL)
SELECT name, step, value, time_us FROM measured ORDER BY step, name
