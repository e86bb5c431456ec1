-- The same to look at.
SELECT layer, kind, n_parameters AS parameters, float32_bytes, packed_bytes,
       printf('%.1f', 1.0 * float32_bytes / packed_bytes) AS smaller, macs,
       CASE WHEN binary_weights AND binary_inputs THEN 'weights, inputs'
            WHEN binary_weights THEN 'weights'
            WHEN binary_inputs THEN 'inputs'
            ELSE '' END AS binary
FROM layer_size
WHERE run_uid = ?1
ORDER BY ordinal;
