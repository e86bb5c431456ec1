-- merge_fill.sql - what a run that is the same in both lacks here: numbers, predictions and telemetry, as of its last
-- attempt here. Times are those of the other machine, and stay there.
INSERT INTO main.metric(run_id, name, epoch, attempt, value, special, time_us)
SELECT m.run_id, s.name, s.epoch, m.n_attempts, s.value, s.special, s.time_us
FROM temp.merged_run AS r JOIN main.run AS m ON m.run_id = r.new JOIN source.metric AS s ON s.run_id = r.old
WHERE r.how = 'same' AND s.name <> 'seconds'
ON CONFLICT DO NOTHING;

INSERT INTO main.prediction(run_id, attempt, test_set_id, classes)
SELECT m.run_id, m.n_attempts, t.new, s.classes
FROM temp.merged_run AS r JOIN main.run AS m ON m.run_id = r.new JOIN source.prediction AS s ON s.run_id = r.old
JOIN temp.merged_id AS t ON t.name = 'test_set' AND t.old = s.test_set_id
WHERE r.how = 'same'
ON CONFLICT DO NOTHING;

-- Of runs that were asked for more there.
CREATE TEMP VIEW measured_there AS
SELECT r.old, m.run_id, m.attempt, s.telemetry
FROM temp.merged_run AS r
JOIN main.run AS ours ON ours.run_id = r.new JOIN source.run AS theirs ON theirs.run_id = r.old
JOIN main.attempt AS m ON (m.run_id, m.attempt) = (ours.run_id, ours.n_attempts)
JOIN source.attempt AS s ON (s.run_id, s.attempt) = (theirs.run_id, theirs.n_attempts)
WHERE r.how = 'same' AND s.telemetry & ~coalesce(m.telemetry, 0) <> 0;

INSERT INTO main.layer_value(run_id, epoch, quantity_id, measured_layer_id, attempt, value)
SELECT m.run_id, s.epoch, q.new, l.new, m.attempt, s.value
FROM measured_there AS m JOIN source.layer_value AS s ON s.run_id = m.old
JOIN temp.merged_id AS q ON q.name = 'quantity' AND q.old = s.quantity_id
JOIN temp.merged_id AS l ON l.name = 'measured_layer' AND l.old = s.measured_layer_id
WHERE TRUE
ON CONFLICT DO NOTHING;

UPDATE main.attempt SET telemetry = coalesce(attempt.telemetry, 0) | m.telemetry
FROM (SELECT run_id, attempt, telemetry FROM measured_there) AS m
WHERE (attempt.run_id, attempt.attempt) = (m.run_id, m.attempt);
