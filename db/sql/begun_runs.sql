-- The runs of an experiment (?1) that have begun: config by config in their order, then by seed.
SELECT run.run_uid AS uid, own.label, own.config, own.differs, run.seed,
       CASE WHEN run.state = 'done' AND run.stale NOTNULL THEN 'stale'
            ELSE run_state(run.run_uid, run.state) END AS state,
       (SELECT min(started_us) FROM attempt WHERE run_id = run.run_id) AS started_us,
       (SELECT ended_us FROM attempt WHERE run_id = run.run_id AND attempt = run.n_attempts)
           AS ended_us,
       (SELECT group_concat(tag, ' ') FROM (SELECT tag FROM run_tag
                                            WHERE run_id = run.run_id ORDER BY tag)) AS tags,
       run.note
FROM config_summary AS own JOIN run USING (experiment_id, config_id)
WHERE own.experiment_id = (SELECT experiment_id FROM experiment WHERE name = ?1)
  AND run.n_attempts > 0
ORDER BY own.ordinal, own.config, run.seed, run.run_id
