-- Which runs took longest to train, and how many ran beside them?
SELECT run_summary.run_uid, run_summary.experiment, run_summary.label, run_summary.seed,
       run_summary.train_seconds, count(timing.rep) AS n_epochs,
       run_summary.train_seconds / count(timing.rep) AS seconds_per_epoch,
       avg(timing.co_runners) AS mean_co_runners, run_summary.config, run_summary.differs
FROM run_summary JOIN run USING (run_uid) JOIN timing USING (run_id)
WHERE timing.phase = 'train_epoch'
  AND (:experiment IS NULL OR run_summary.experiment = :experiment)
GROUP BY run_summary.run_uid
ORDER BY run_summary.train_seconds DESC, run_summary.run_uid
LIMIT 20;
