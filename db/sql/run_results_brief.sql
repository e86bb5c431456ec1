-- The same to look at: what is no number stands in its place.
SELECT name, coalesce(special, value) AS value FROM run_metric WHERE run_uid = ?1 ORDER BY name;
