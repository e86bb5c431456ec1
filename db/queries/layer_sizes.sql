-- Where do the bytes of each config's network go, layer by layer?
SELECT DISTINCT run_summary.experiment, run_summary.label, layer_size.ordinal, layer_size.layer,
       layer_size.kind, layer_size.n_parameters, layer_size.float32_bytes,
       layer_size.packed_bytes,
       CAST(layer_size.float32_bytes AS REAL) / nullif(layer_size.packed_bytes, 0)
           AS times_smaller,
       layer_size.macs, layer_size.binary_weights, layer_size.binary_inputs
FROM run_summary JOIN layer_size USING (run_uid)
WHERE run_summary.state = 'done' AND run_summary.in_spec AND run_summary.need IS NOT 'rung'
  AND (:experiment IS NULL OR run_summary.experiment = :experiment)
ORDER BY run_summary.experiment, run_summary.label, layer_size.ordinal;
