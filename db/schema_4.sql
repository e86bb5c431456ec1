-- schema_4.sql - what version 4 adds: done runs that are out of date, the lock of an attempt's process;
-- ids that are never used again, and rows that go with what they belong to. Triggers see to both, since
-- the sqlite3 shell has foreign keys off.

ALTER TABLE run ADD COLUMN stale TEXT;          -- of a done one: why the spec would not give it now
ALTER TABLE attempt ADD COLUMN life INTEGER;    -- the byte of FILE.lock that its process holds

-- The highest id that was ever deleted, and the next above it and all that there are. A process that
-- still works on a deleted run then does not write into another.
CREATE TABLE highest_id(name TEXT PRIMARY KEY, id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO highest_id VALUES ('experiment', 0), ('config', 0), ('run', 0), ('benchmark', 0);
CREATE VIEW new_id AS
SELECT (SELECT max(id, (SELECT coalesce(max(experiment_id), 0) FROM experiment)) + 1
        FROM highest_id WHERE name = 'experiment') AS experiment,
       (SELECT max(id, (SELECT coalesce(max(config_id), 0) FROM config)) + 1
        FROM highest_id WHERE name = 'config') AS config,
       (SELECT max(id, (SELECT coalesce(max(run_id), 0) FROM run)) + 1
        FROM highest_id WHERE name = 'run') AS run,
       (SELECT max(id, (SELECT coalesce(max(benchmark_id), 0) FROM benchmark)) + 1
        FROM highest_id WHERE name = 'benchmark') AS benchmark;

CREATE TRIGGER experiment_deleted AFTER DELETE ON experiment BEGIN
    UPDATE highest_id SET id = max(id, OLD.experiment_id) WHERE name = 'experiment';
    DELETE FROM spec_revision WHERE experiment_id = OLD.experiment_id;
    DELETE FROM experiment_config WHERE experiment_id = OLD.experiment_id;
END;
CREATE TRIGGER config_deleted AFTER DELETE ON config BEGIN
    UPDATE highest_id SET id = max(id, OLD.config_id) WHERE name = 'config';
    DELETE FROM config_param WHERE config_id = OLD.config_id;
    DELETE FROM experiment_config WHERE config_id = OLD.config_id;
END;
CREATE TRIGGER experiment_config_deleted AFTER DELETE ON experiment_config BEGIN
    DELETE FROM run WHERE experiment_id = OLD.experiment_id AND config_id = OLD.config_id;
END;
CREATE TRIGGER run_deleted AFTER DELETE ON run BEGIN
    UPDATE highest_id SET id = max(id, OLD.run_id) WHERE name = 'run';
    DELETE FROM attempt WHERE run_id = OLD.run_id;
    DELETE FROM benchmark WHERE run_id = OLD.run_id;
    UPDATE benchmark SET twin_run_id = NULL WHERE twin_run_id = OLD.run_id;
END;
CREATE TRIGGER attempt_deleted AFTER DELETE ON attempt BEGIN
    DELETE FROM run_plugin WHERE run_id = OLD.run_id AND attempt = OLD.attempt;
    DELETE FROM metric WHERE run_id = OLD.run_id AND attempt = OLD.attempt;
    DELETE FROM timing WHERE run_id = OLD.run_id AND attempt = OLD.attempt;
    DELETE FROM layer WHERE run_id = OLD.run_id AND attempt = OLD.attempt;
    DELETE FROM artifact WHERE run_id = OLD.run_id AND attempt = OLD.attempt;
    UPDATE run SET state = 'queued' WHERE run_id = OLD.run_id AND n_attempts = OLD.attempt;
END;
CREATE TRIGGER benchmark_deleted AFTER DELETE ON benchmark BEGIN
    UPDATE highest_id SET id = max(id, OLD.benchmark_id) WHERE name = 'benchmark';
    DELETE FROM benchmark_result WHERE benchmark_id = OLD.benchmark_id;
    DELETE FROM benchmark_layer WHERE benchmark_id = OLD.benchmark_id;
END;

-- What says how results came to be stays as long as they do.
CREATE TRIGGER environment_kept BEFORE DELETE ON environment
WHEN EXISTS (SELECT 1 FROM attempt WHERE environment_id = OLD.environment_id)
  OR EXISTS (SELECT 1 FROM benchmark WHERE environment_id = OLD.environment_id)
BEGIN SELECT RAISE(ABORT, 'runs or benchmarks were made in this environment'); END;
CREATE TRIGGER dataset_kept BEFORE DELETE ON dataset
WHEN EXISTS (SELECT 1 FROM attempt WHERE dataset_id = OLD.dataset_id)
BEGIN SELECT RAISE(ABORT, 'runs were made with this data set'); END;
CREATE TRIGGER plugin_kept BEFORE DELETE ON plugin
WHEN EXISTS (SELECT 1 FROM run_plugin WHERE plugin_id = OLD.plugin_id)
BEGIN SELECT RAISE(ABORT, 'runs were made with this plugin'); END;
