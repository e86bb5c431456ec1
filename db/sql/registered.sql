-- The comparisons that the specs of an experiment (?1) registered, the newest first, and when the first run
-- of a point of the newest spec was begun: the same config and seed give the same bits in any experiment.
SELECT comparison, first_us,
       (SELECT min(started_us)
        FROM experiment_config AS own JOIN run USING (experiment_id, config_id)
        JOIN run AS same ON same.config_id = run.config_id AND same.seed = run.seed
        JOIN attempt ON attempt.run_id = same.run_id
        WHERE own.experiment_id = spec_revision.experiment_id AND own.in_spec AND own.need IS NULL)
           AS begun_us,
       datetime(first_us / 1000000, 'unixepoch') AS first_utc
FROM spec_revision
WHERE experiment_id = (SELECT experiment_id FROM experiment WHERE name = ?1) AND comparison NOTNULL
ORDER BY first_us DESC
