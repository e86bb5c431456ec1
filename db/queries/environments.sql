-- On which machines and with which builds were the runs made?
SELECT environment.host, environment.os, environment.cpu_model, environment.n_cpu,
       environment.kernels, environment.version, environment.revision, environment.compiler,
       environment.cflags, environment.libraries, count(DISTINCT attempt.run_id) AS n_runs,
       datetime(min(attempt.started_us) / 1000000, 'unixepoch') AS first_utc,
       datetime(max(attempt.started_us) / 1000000, 'unixepoch') AS last_utc
FROM environment JOIN attempt USING (environment_id) JOIN run USING (run_id)
     JOIN experiment USING (experiment_id)
WHERE :experiment IS NULL OR experiment.name = :experiment
GROUP BY environment.environment_id
ORDER BY last_utc DESC, environment.environment_id;
