-- The attempts on a run (?1).
SELECT attempt, host, pid, datetime(started_us / 1000000, 'unixepoch') AS started_utc,
       datetime(ended_us / 1000000, 'unixepoch') AS ended_utc, outcome, resumed_from_epoch,
       signal, error
FROM attempt JOIN run USING (run_id)
WHERE run_uid = ?1
ORDER BY attempt;
