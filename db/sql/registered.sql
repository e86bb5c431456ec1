-- The comparisons that the specs of an experiment (?1) registered, the newest first; or, without one, a
-- comparison (?2, JSON). And when the first run of its configs and seeds was begun: the same config and seed
-- give the same bits in any experiment.
WITH asked AS (
    SELECT comparison, first_us FROM spec_revision
    WHERE experiment_id = (SELECT experiment_id FROM experiment WHERE name = ?1)
      AND comparison NOTNULL
    UNION ALL SELECT ?2, 0 WHERE ?1 IS NULL)
SELECT comparison, first_us,
       (SELECT min(started_us)
        FROM json_each(CASE WHEN json_valid(comparison) THEN comparison END, '$.configs') AS own
        JOIN config ON substr(config.hash, 1, 12) = own.value
        JOIN run USING (config_id) JOIN attempt USING (run_id)
        WHERE run.seed IN (SELECT seeds.value
                           FROM json_each(CASE WHEN json_valid(comparison) THEN comparison END,
                                          '$.seeds') AS seeds))
           AS begun_us,
       datetime(first_us / 1000000, 'unixepoch') AS first_utc
FROM asked ORDER BY first_us DESC
