-- What was measured of a run (?1) after each epoch.
SELECT epoch, name, value, special FROM epoch_metric WHERE run_uid = ?1 ORDER BY epoch, name;
