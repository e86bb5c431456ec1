-- What an experiment is about, and its newest spec.
SELECT experiment.name, experiment.description, spec_revision.text,
       datetime(spec_revision.first_us / 1000000, 'unixepoch') AS first_utc
FROM experiment JOIN spec_revision USING (experiment_id)
WHERE experiment.name = :experiment
ORDER BY spec_revision.last_us DESC LIMIT 1;
