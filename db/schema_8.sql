-- schema_8.sql - what version 8 adds: looks at comparisons that go on until they are decided, and which
-- points of a sweep were drawn. Users query the views comparison_look and config_summary.

-- Whether values of the config were drawn (sweep.random): the best of them is one of many.
ALTER TABLE experiment_config ADD COLUMN is_drawn INTEGER NOT NULL DEFAULT 0 CHECK (is_drawn IN (0, 1));

-- What a look of `seeds: {until: ...}` said of a config that was still in. It follows from the runs that have
-- ended, and is made anew where these change.
CREATE TABLE look(
    experiment_id INTEGER NOT NULL,
    config_id INTEGER NOT NULL,
    look INTEGER NOT NULL CHECK (look > 0),
    seeds INTEGER NOT NULL,                     -- of a config at this look
    n INTEGER NOT NULL,                         -- those with a result of it and of the baseline
    n_failed INTEGER NOT NULL,                  -- those at which its run failed
    difference REAL,                            -- its mean less the baseline's, in the unit of the metric
    low REAL, high REAL,                        -- the interval of the look, may be infinite
    p REAL,
    level REAL NOT NULL,                        -- what of alpha is spent so far: a p up to this decides
    verdict TEXT NOT NULL CHECK (verdict IN ('better', 'worse', 'equal', 'undecided')),
    looked_us INTEGER NOT NULL,
    PRIMARY KEY (experiment_id, config_id, look),
    FOREIGN KEY (experiment_id, config_id) REFERENCES experiment_config ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TRIGGER experiment_config_deleted_with_looks AFTER DELETE ON experiment_config BEGIN
    DELETE FROM look WHERE experiment_id = OLD.experiment_id AND config_id = OLD.config_id;
END;
