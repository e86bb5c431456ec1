-- Where the last attempt on a run (?1) was made, and with which data.
SELECT dataset.name AS data_set, dataset.source AS data_source, dataset.sha256 AS data_sha256,
       environment.host, os, cpu_model, n_cpu, kernels, compiler, cflags, version, revision,
       libraries
FROM run JOIN attempt ON attempt.run_id = run.run_id AND attempt.attempt = run.n_attempts
     JOIN environment USING (environment_id) JOIN dataset USING (dataset_id)
WHERE run_uid = ?1;
