-- What telemetry measured of the layers of a run (?1).
SELECT epoch, layer, name, bin, value FROM layer_metric WHERE run_uid = ?1
ORDER BY epoch, ordinal, name, bin;
