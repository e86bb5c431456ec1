-- Which runs failed, or were left by a process that died, and why?
SELECT run.run_uid, run_summary.experiment, run_summary.label, run.seed, attempt.attempt,
       attempt.outcome, attempt.signal, attempt.error,
       datetime(attempt.ended_us / 1000000, 'unixepoch') AS ended_utc, run_summary.state AS state_now,
       run_summary.config, run_summary.differs
FROM attempt JOIN run USING (run_id) JOIN run_summary USING (run_uid)
WHERE attempt.outcome IN ('failed', 'stale')
  AND (:experiment IS NULL OR run_summary.experiment = :experiment)
ORDER BY run_summary.experiment, run_summary.label, run_summary.config, run.seed,
         attempt.attempt;
