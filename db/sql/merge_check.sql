-- merge_check.sql - what is wrong with the rows of another database: names become paths, and hashes are taken for what
-- they are of. No text of these is NULL, which would say nothing. The first row is one thing, in words.
SELECT 'no name of a run: ' || coalesce(run_uid, 'NULL') FROM source.run
WHERE typeof(run_id) <> 'integer' OR typeof(run_uid) <> 'text' OR length(CAST(run_uid AS BLOB)) NOT BETWEEN 10 AND 64
   OR length(run_uid) <> length(CAST(run_uid AS BLOB)) OR run_uid GLOB '*[^0-9a-f]*'
UNION ALL
SELECT 'no file of a run: ' || coalesce(path, 'NULL') FROM source.artifact JOIN source.run USING (run_id)
WHERE (path IN (run_uid || '/model.bnn', run_uid || '/weights.safetensors', run_uid || '/checkpoint',
                run_uid || '/log')) IS NOT TRUE
UNION ALL
SELECT 'an attempt is newer than the run ' || coalesce(run_uid, 'NULL') FROM source.attempt JOIN source.run USING (run_id)
WHERE (attempt <= n_attempts) IS NOT TRUE
UNION ALL
SELECT 'a text that ends before it does: config ' || coalesce(hash, 'NULL') FROM source.config
WHERE instr(CAST(json AS BLOB), x'00') > 0
LIMIT 1;
