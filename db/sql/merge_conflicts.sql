-- merge_conflicts.sql - comparisons that were registered with another content here.
SELECT count(*) FROM source.spec_revision AS s
JOIN temp.merged_id AS e ON e.name = 'experiment' AND e.old = s.experiment_id
JOIN main.spec_revision AS m ON m.experiment_id = e.new AND m.sha256 = s.sha256
WHERE m.comparison IS NOT s.comparison;
