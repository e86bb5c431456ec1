-- merge_specs.sql - which revision of each spec is the newest: by when it was run for the last time. What looks and
-- rungs said follows from all runs of an experiment, so it is taken as a whole, or not: with a newer spec, or where
-- there is none here.
INSERT INTO temp.merged_spec
WITH theirs AS (SELECT experiment_id, sha256, max(last_us) AS last_us FROM source.spec_revision
                GROUP BY experiment_id),
     ours AS (SELECT experiment_id, sha256, max(last_us) AS last_us FROM main.spec_revision
              GROUP BY experiment_id),
     verdict AS (SELECT experiment_id FROM main.look UNION SELECT experiment_id FROM main.rung),
     spec AS (SELECT m.old, m.new,
                     coalesce(theirs.last_us < ours.last_us AND theirs.sha256 <> ours.sha256, 0) AS is_older,
                     coalesce(theirs.last_us > ours.last_us AND theirs.sha256 <> ours.sha256,
                              ours.sha256 IS NULL) AS is_newer
              FROM temp.merged_id AS m
              LEFT JOIN theirs ON theirs.experiment_id = m.old
              LEFT JOIN ours ON ours.experiment_id = m.new
              WHERE m.name = 'experiment')
SELECT old, new, is_older, is_newer,
       old IN (SELECT experiment_id FROM temp.whole)
       AND (is_newer OR NOT is_older AND new NOT IN (SELECT experiment_id FROM verdict))
FROM spec;
