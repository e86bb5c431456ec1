-- What happened to a run (?1), in the order of time: its attempts, their epochs, how they ended. Of epochs that more
-- than one attempt has made, the last counts.
WITH this AS (SELECT run_id FROM run WHERE run_uid = ?1),
happened(time_us, attempt, rank, step, event, text) AS (
    SELECT started_us, attempt, 0, 0, 'begin',
           printf('on %s, process %d, bnnrun %s, %s', attempt.host, pid, version, coalesce(kernels, '?')) ||
           CASE WHEN resumed_from_epoch > 0 THEN printf('; goes on after epoch %d', resumed_from_epoch) ELSE '' END
    FROM this JOIN attempt USING (run_id) JOIN environment USING (environment_id)
    UNION ALL
    SELECT max(time_us), attempt, 1, epoch, 'epoch ' || epoch,
           group_concat(name || ' ' || coalesce(printf('%.6g', value), special), ', ')
    FROM (SELECT * FROM this JOIN metric USING (run_id) WHERE epoch > 0 ORDER BY epoch, name)
    GROUP BY epoch
    UNION ALL
    SELECT ended_us, attempt, 2, 0, outcome,
           CASE WHEN signal NOTNULL THEN printf('signal %d', signal) || coalesce(': ' || error, '')
                WHEN outcome = 'done' THEN
                    coalesce((SELECT printf('test_accuracy %.6g', value) FROM metric
                              WHERE metric.run_id = this.run_id AND name = 'test_accuracy' AND epoch = 0), '')
                ELSE coalesce(error, '') END
    FROM this JOIN attempt USING (run_id)
    WHERE ended_us NOTNULL
)
SELECT strftime('%Y-%m-%d %H:%M:%f', time_us / 1e6, 'unixepoch') AS time_utc, attempt, event, text
FROM happened
ORDER BY attempt, rank, step, time_us;
