-- The layers of a run (?1).
SELECT layer, kind, n_parameters, bits, float32_bytes, packed_bytes, macs, binary_weights,
       binary_inputs
FROM layer_size
WHERE run_uid = ?1
ORDER BY ordinal;
