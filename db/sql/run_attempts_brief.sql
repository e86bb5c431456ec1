-- The same to look at.
SELECT attempt, datetime(started_us / 1000000, 'unixepoch') AS started_utc,
       CASE WHEN ended_us NOTNULL THEN printf('%.1f', (ended_us - started_us) / 1e6) END AS seconds,
       coalesce(outcome, 'running') AS outcome, nullif(resumed_from_epoch, 0) AS from_epoch, signal,
       error
FROM attempt JOIN run USING (run_id)
WHERE run_uid = ?1
ORDER BY attempt;
