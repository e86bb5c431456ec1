-- schema_9.sql - what version 9 adds: the rungs of successive halving. Users query the view halving_rung.

-- How a contender stood at a rung of `sweep: {halving: ...}` that it reached. It follows from the runs that have
-- ended, and is made anew by each plan that is recorded.
CREATE TABLE rung(
    experiment_id INTEGER NOT NULL,
    config_id INTEGER NOT NULL,                 -- of the contender, a point of the sweep
    rung INTEGER NOT NULL CHECK (rung > 0),
    trained_id INTEGER NOT NULL,                -- the config whose runs counted: with fewer epochs another one
    epochs INTEGER NOT NULL,                    -- of these runs
    n INTEGER NOT NULL,                         -- seeds of these runs
    n_failed INTEGER NOT NULL,                  -- those at which they failed
    mean REAL,                                  -- of the others' validation_accuracy
    place INTEGER NOT NULL,                     -- from 1, by fewest failures, then mean, then the sweep's order
    n_in INTEGER NOT NULL,                      -- how many contenders reached the rung,
    n_kept INTEGER NOT NULL,                    -- and how many of them went on
    cut REAL,                                   -- the mean of the last of those
    kept INTEGER NOT NULL CHECK (kept IN (0, 1)), -- place <= n_kept; at the last rung all are
    PRIMARY KEY (experiment_id, config_id, rung),
    FOREIGN KEY (experiment_id, config_id) REFERENCES experiment_config ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TRIGGER experiment_config_deleted_with_rungs AFTER DELETE ON experiment_config BEGIN
    DELETE FROM rung WHERE experiment_id = OLD.experiment_id AND config_id = OLD.config_id;
END;
